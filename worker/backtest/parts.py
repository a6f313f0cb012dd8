"""Parallel play of tapes in threads; the lines are joined in the order of the tapes.

The engine's and the encoder's kernels run without the GIL, and they are most of a run: on two cores, 240,000 bars cost
threads a fifth of the CPU time of processes, each of which would load the kernels again.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from worker.backtest.ledger import Ledger
from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.tape import Tape
from worker.engine.settings import EngineSettings

DECISIONS, REJECTIONS = "decisions.jsonl", "rejections.jsonl"
PART = 20_000  # least records per part: neighbouring tapes share one, so that there are fewer files than symbols
Progress = Callable[[int], None]


class Files:
    """The two output files of a run or of a part."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self.decisions = self._stack.enter_context((folder / DECISIONS).open("wb"))
        self.rejections = self._stack.enter_context((folder / REJECTIONS).open("wb"))

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, lines: Lines) -> None:
        """Append to both files."""
        self.decisions.write(lines.decisions)
        self.rejections.write(lines.rejections)

    def take(self, folder: Path) -> None:
        """Append the files of a part, and remove them."""
        _move(folder / DECISIONS, self.decisions)
        _move(folder / REJECTIONS, self.rejections)
        folder.rmdir()


def _move(path: Path, to: BinaryIO) -> None:
    with path.open("rb") as part:
        shutil.copyfileobj(part, to, 1 << 20)
    path.unlink()


def play_all(
    tapes: Sequence[Tape],
    settings: EngineSettings,
    folder: Path,
    workers: int,
    progress: Progress,
    registry: Path | None = None,
) -> list[Ledger]:
    """Play the tapes and write their lines to `folder`; `progress` gets the records done so far."""

    def player() -> Player:
        return Player(settings, registry)

    with Files(folder) as files:
        if workers == 1 or len(tapes) <= 1:
            return list(_alone(tapes, player(), files, progress))
        return list(_shared(tapes, player, files, folder, workers, progress))


def ledgers_of(
    tapes: Sequence[Tape], settings: EngineSettings, workers: int, registry: Path | None = None
) -> list[Ledger]:
    """Play the tapes for their ledgers alone, without lines."""
    own = threading.local()

    def play(tape: Tape) -> Ledger:
        if not hasattr(own, "player"):
            own.player = Player(settings, registry)
        ledger: Ledger = own.player.play(tape)
        return ledger

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(play, tapes))


def _alone(tapes: Sequence[Tape], player: Player, files: Files, progress: Progress) -> Iterator[Ledger]:
    done = 0
    for tape in tapes:
        yield player.play(tape, files)
        done += len(tape)
        progress(done)


def _shared(
    tapes: Sequence[Tape],
    player: Callable[[], Player],
    files: Files,
    folder: Path,
    workers: int,
    progress: Progress,
) -> Iterator[Ledger]:
    done = 0
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=folder) as scratch:
        parts = [_Part(part, Path(scratch) / str(n)) for n, part in enumerate(split(tapes))]
        team = _Team(player)
        with ThreadPoolExecutor(workers) as pool:
            for part, ledgers in zip(parts, pool.map(team.play, parts), strict=True):
                files.take(part.folder)
                yield from ledgers
                done += sum(map(len, part.tapes))
                progress(done)


def split(tapes: Sequence[Tape]) -> Iterator[list[Tape]]:
    """Group neighbouring tapes until they hold enough records."""
    part: list[Tape] = []
    for tape in tapes:
        part.append(tape)
        if sum(map(len, part)) >= PART:
            yield part
            part = []
    if part:
        yield part


class _Part(NamedTuple):
    tapes: list[Tape]
    folder: Path


class _Team:
    """A team of one player per thread."""

    def __init__(self, player: Callable[[], Player]) -> None:
        self._player = player
        self._own = threading.local()

    def play(self, part: _Part) -> list[Ledger]:
        """Play a part into its folder."""
        if not hasattr(self._own, "player"):
            self._own.player = self._player()
        part.folder.mkdir()
        with Files(part.folder) as files:
            return [self._own.player.play(tape, files) for tape in part.tapes]
