"""The fingerprint of all outcomes of one fixed log: `python -m tests.corpus.golden` writes golden.json anew.

A change of any output value changes it. Renew it only when the change is meant, and raise
`worker.engine.settings.ENGINE_VERSION` in the same commit once a release with the old version exists: its number
stands in every decision and decides whether stored state may still be used.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from schemas import Decision
from tests.corpus.mixed import GOLDEN, mixed_log
from tests.support.record_engine import RecordEngine
from worker.engine.settings import ENGINE_VERSION, EngineSettings

FILE = Path(__file__).with_suffix(".json")


def fingerprint() -> dict[str, Any]:
    """sha256 over the encoded outcomes, each followed by a line break; counts that help to see what changed."""
    digest, tally = hashlib.sha256(), Counter[str]()
    log = mixed_log(GOLDEN)
    for outcome in RecordEngine(EngineSettings()).process(log):
        digest.update(msgspec.json.encode(outcome) + b"\n")
        tally[outcome.action if isinstance(outcome, Decision) else outcome.codes[0]] += 1
    return {
        "engine_version": ENGINE_VERSION,
        "config_hash": EngineSettings().config_hash(),
        "records": len(log.keys),
        "outcomes": dict(sorted(tally.items())),
        "sha256": digest.hexdigest(),
    }


def main() -> None:
    """Write the file; with `--print` only show the fingerprint."""
    content = msgspec.json.format(msgspec.json.encode(fingerprint()), indent=2) + b"\n"
    if "--print" in sys.argv:
        sys.stdout.write(content.decode())
    else:
        FILE.write_bytes(content)


if __name__ == "__main__":
    main()
