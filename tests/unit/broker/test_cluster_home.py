"""What a cluster keeps in its folder, and that folders are never mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.broker import Broker, Cluster
from worker.broker.storage import brokers_in
from worker.errors import CannotCreate, ConfigError


def test_a_cluster_keeps_its_id_and_says_how_many_it_is(tmp_path: Path) -> None:
    first, again = Cluster(3, home=tmp_path), Cluster(3, home=tmp_path)
    assert first.cluster_id == again.cluster_id != Cluster(3).cluster_id
    assert brokers_in(tmp_path) == 3
    assert len(set(first.bootstrap.split(","))) == 3


def test_ports_follow_the_first_and_are_all_different(tmp_path: Path) -> None:
    cluster = Cluster(3, home=tmp_path, port=19_092)
    assert cluster.bootstrap == "127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094"
    with pytest.raises(IndexError):
        cluster[0]


def test_data_of_one_broker_never_become_those_of_three(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(ConfigError, match="holds the data of 1 broker, not of 3 brokers") as refused:
        Cluster(3, home=tmp_path)
    assert "--brokers 1" in refused.value.fix


def test_data_of_three_never_become_those_of_one_or_of_five(tmp_path: Path) -> None:
    Cluster(3, home=tmp_path)
    with pytest.raises(ConfigError, match="holds the data of 3 brokers, not of 1 broker"):
        Broker(home=tmp_path).prepare()
    with pytest.raises(ConfigError, match="3 brokers, not of 5 brokers"):
        Cluster(5, home=tmp_path)


def test_a_damaged_note_is_no_new_folder(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text("{")
    with pytest.raises(CannotCreate, match=r"cluster\.json can't be read"):
        Cluster(3, home=tmp_path)
