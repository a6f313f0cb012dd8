"""The generated server.properties: addresses, precedence, escaping and who may read it."""

from __future__ import annotations

from pathlib import Path

from worker.broker.config import Addresses, ports_in, server_properties, write_properties
from worker.broker.container import kafka_variable
from worker.broker.listeners import Listener, plain


def test_the_broker_talks_to_itself_on_an_address_that_no_proxy_can_move(tmp_path: Path) -> None:
    clients = [Listener("PLAINTEXT", port=1, advertised="proxy:7"), Listener("SAFE", "SSL", port=2)]
    got = server_properties(Addresses("127.0.0.1", clients, internal=3, controller=4), tmp_path, {})
    assert got["listeners"] == (
        "PLAINTEXT://127.0.0.1:1,SAFE://127.0.0.1:2,INTERNAL://127.0.0.1:3,CONTROLLER://127.0.0.1:4"
    )
    assert got["advertised.listeners"] == "PLAINTEXT://proxy:7,SAFE://127.0.0.1:2,INTERNAL://127.0.0.1:3"
    assert got["inter.broker.listener.name"] == "INTERNAL"


def test_the_callers_settings_win_over_the_defaults(tmp_path: Path) -> None:
    addresses = Addresses("127.0.0.1", [Listener("PLAINTEXT", port=1)], internal=3, controller=4)
    assert server_properties(addresses, tmp_path, {})["auto.create.topics.enable"] == "false"
    got = server_properties(addresses, tmp_path, {"auto.create.topics.enable": "true"})
    assert got["auto.create.topics.enable"] == "true"


def test_a_broker_alone_asks_for_one_replica_and_three_survive_the_loss_of_one(tmp_path: Path) -> None:
    addresses = Addresses("127.0.0.1", [Listener("PLAINTEXT", port=1)], internal=3, controller=4)
    alone = server_properties(addresses, tmp_path, {})
    assert (alone["node.id"], alone["controller.quorum.voters"]) == ("1", "1@127.0.0.1:4")
    assert alone["transaction.state.log.replication.factor"] == alone["offsets.topic.replication.factor"] == "1"
    assert "min.insync.replicas" not in alone

    controllers = {1: "10.0.0.1:4", 2: "10.0.0.2:4", 3: "10.0.0.3:4"}
    second = Addresses("10.1.0.2", [Listener("PLAINTEXT", port=1)], internal=3, controller=4, private="10.0.0.2")
    got = server_properties(second, tmp_path, {}, node=2, controllers=controllers)
    assert (got["node.id"], got["controller.quorum.voters"]) == ("2", "1@10.0.0.1:4,2@10.0.0.2:4,3@10.0.0.3:4")
    assert got["advertised.listeners"] == "PLAINTEXT://10.1.0.2:1,INTERNAL://10.0.0.2:3"
    for name in ("default", "offsets.topic", "transaction.state.log"):
        assert got[f"{name}.replication.factor"] == "3"
    assert got["min.insync.replicas"] == got["transaction.state.log.min.isr"] == "2"
    assert got["unclean.leader.election.enable"] == "false"


def test_the_ports_of_an_earlier_start_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "server.properties"
    assert ports_in(path) == {}
    addresses = Addresses("127.0.0.1", [Listener("PLAINTEXT", port=1), Listener("A_B", "SSL", 2)], 3, 4)
    write_properties(path, server_properties(addresses, tmp_path / "a:b=c", {}))
    assert ports_in(path) == {"PLAINTEXT": 1, "A_B": 2, "INTERNAL": 3, "CONTROLLER": 4}


def test_values_are_escaped_for_java_and_private(tmp_path: Path) -> None:
    path = tmp_path / "server.properties"
    write_properties(path, {"a": 'back\\slash "é" 🔑', "b": "two\nlines"})
    assert path.read_bytes() == b'a=back\\\\slash "\\u00e9" \\ud83d\\udd11\nb=two\\nlines\n'
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_password_with_quotes_stays_one_word_of_the_login_module() -> None:
    assert 'user_ann="p\\"w\\\\d";' in plain({"ann": 'p"w\\d'})["plain.sasl.jaas.config"]


def test_setting_names_become_the_variables_of_the_official_image() -> None:
    assert kafka_variable("listener.name.a_b.scram-sha-512.x") == "KAFKA_LISTENER_NAME_A___B_SCRAM__SHA__512_X"
