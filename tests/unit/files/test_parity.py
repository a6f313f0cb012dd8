"""Random dirty files: the engine over what `publish` would send says what a backtest writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files import generate, parity, ways
from tests.support.commands import Called
from tests.support.examples import drawn
from worker.settings import Settings
from worker.sources.report import ReadReport
from worker.sources.source import open_file

FILES, SEED = drawn(6, 30), 40_000


def test_what_publish_sends_is_what_a_backtest_reads(tmp_path: Path) -> None:
    files = [generate.made(tmp_path, SEED + number) for number in range(FILES)]
    done = parity.compare(ways.unsent, Settings(), files, tmp_path, lambda _: None)
    assert not done.differences, "\n".join(done.differences)
    assert (done.equal, done.crashed) == (FILES, 0)
    assert 0 < done.refused <= FILES // 2
    assert done.decisions > 10 * FILES
    assert done.rejections > FILES


@pytest.mark.parametrize("seed", [871, 893])
def test_a_name_that_is_cut_off_is_no_symbol_of_two_files(tmp_path: Path, seed: int) -> None:
    file = generate.made(tmp_path, seed)
    assert "last line cut off" in file.traits
    read = open_file(file.path, None, ReadReport())
    assert all(not name or name.startswith(f"F{seed:05d}") for batch in read.batches() for name in batch.symbols)


def test_the_comparison_sees_other_values_other_sentences_and_tracebacks(tmp_path: Path) -> None:
    files = [generate.File(tmp_path / f"F0000{number}.csv", (), ()) for number in range(5)]
    for file in files:
        file.path.write_text(
            "date,open,high,low,close,volume\n" + "".join(f"2024-01-{n:02d},1,2,0.5,1.5,9\n" for n in (2, 3))
        )

    def other(settings: Settings, given: object, folder: Path, told: ways.Told) -> tuple[ways.Lines, ways.Calls]:
        lines, calls = ways.unsent(settings, files, folder, told)
        lines["F00001"][0][1] = b'{"symbol": "F00001", "close": 1}'
        del lines["F00002"]
        calls["F00003.csv"] = Called(65, "", "error: something. fix: else")
        calls["F00004.csv"] = Called(1, "", "Traceback (most recent call last):")
        return lines, calls

    done = parity.compare(other, Settings(), files, tmp_path, lambda _: None)
    assert (done.equal, done.crashed, len(done.differences)) == (1, 1, 4)
