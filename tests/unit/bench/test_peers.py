"""The comparison with other clients, as far as it needs no broker."""

from __future__ import annotations

import statistics
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import document
from tests.bench.cpu import Rates
from tests.bench.peers import chart, java, table
from tests.bench.peers.__main__ import arguments, cases
from tests.bench.peers.catalogue import PEERS
from tests.bench.peers.market import Expected
from tests.bench.peers.outputs import Found, faults
from tests.bench.peers.programs.rolling import WINDOW, window, z_score

RIGHT = Expected(1000, 999, -12.25)
RUNS = [Rates(steady, steady / 2, 100.0 + steady, 1.0, 1000) for steady in (30.0, 10.0, 20.0)]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Found(999, 999, -12.25), "999 outputs of 1,000"),
        (Found(1001, 999, -12.25), "1,001 outputs of 1,000"),
        (Found(1000, 998, -12.25), "998 good bars"),
        (Found(1000, 999, -12.26), "sum of z-scores"),
        (Found(1000, 999, -12.25, strays=1), "1 keys changed"),
    ],
)
def test_wrong_outputs_are_told(found: Found, said: str) -> None:
    assert said in "; ".join(faults(found, RIGHT, "zscore"))


def test_right_outputs_pass() -> None:
    assert faults(Found(1000, 999, -12.25), RIGHT, "zscore") == []
    assert faults(Found(1000), RIGHT, "full") == []


def test_the_rolling_score_is_the_one_of_the_last_hundred() -> None:
    closes = [100 + 7 * ((i * 37) % 101) / 101 for i in range(350)]
    state = window()
    for i, close in enumerate(closes):
        last = closes[max(0, i + 1 - WINDOW) : i + 1]
        sigma = statistics.pstdev(last)
        expected = (close - statistics.fmean(last)) / sigma if sigma else 0.0
        assert z_score(state, close) == pytest.approx(expected, abs=1e-9)


def test_figures_are_medians_and_ranges() -> None:
    rows = [table.row(PEERS[0], "full", "eos", "1", RUNS)]
    assert table.figures(rows) == {
        "worker_full_eos_per_cpu_s": 20.0,
        "worker_full_eos_min_per_cpu_s": 10.0,
        "worker_full_eos_max_per_cpu_s": 30.0,
        "worker_full_eos_total_per_cpu_s": 10.0,
        "worker_full_eos_rss_mb": 130.0,
    }


@pytest.mark.parametrize(("rate", "text"), [(9.4, "9"), (1234.0, "1,230"), (123456.0, "123,000"), (999.6, "1,000")])
def test_rates_have_three_digits(rate: float, text: str) -> None:
    assert table.rounded(rate) == text


def test_the_picture_has_a_bar_for_each_row() -> None:
    rows = [table.row(peer, "zscore", guarantee, "1", RUNS) for peer in PEERS[2:] for guarantee in peer.guarantees]
    drawn = ElementTree.fromstring(chart.svg(rows))
    bars = list(drawn.iter("{http://www.w3.org/2000/svg}rect"))[1:]
    assert len(bars) == len(rows)
    assert {float(box.attrib["width"]) for box in bars} == {chart.WIDTH - chart.LEFT - chart.RIGHT}


def test_options_choose_the_cases() -> None:
    given = arguments(["--peers", "naive", "confluent", "--tasks", "pass", "full"])
    assert [case.name for case in cases(given, [peer for peer in PEERS if peer.name in given.peers])] == [
        "confluent_pass_alos",
        "naive_pass_alos",
        "confluent_pass_eos",
    ]


def test_a_part_of_the_page_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- peers -->\nold\nold\n<!-- /peers -->\nb\n")
    monkeypatch.setattr(document, "PAGE", page)
    document.fill("peers", "new")
    assert page.read_text() == "a\n<!-- peers -->\nnew\n<!-- /peers -->\nb\n"
    with pytest.raises(ValueError, match="latency"):
        document.fill("latency", "new")


def test_kafka_streams_has_the_version_of_the_broker() -> None:
    from worker.broker.lock import KAFKA_VERSION

    versions = {jar.artifact: jar.version for jar in java.pinned()}
    assert versions["kafka-streams"] == versions["kafka-clients"] == KAFKA_VERSION
