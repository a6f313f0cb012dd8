"""Quix Streams: a stateful `apply` over a dataframe; state in RocksDB with a changelog topic, its default."""

from __future__ import annotations

from typing import Any

from quixstreams import Application
from quixstreams.state import State

from tests.bench.peers.programs.arguments import arguments
from tests.bench.peers.programs.rolling import checked, window, z_score


def with_z_score(bar: dict[str, Any], state: State) -> dict[str, Any]:
    """The output of `zscore`."""
    kept = state.get("window") or window()
    output = checked(bar) | {"z": z_score(kept, bar["close"])}
    state.set("window", kept)
    return output


def main() -> None:
    """Until SIGTERM."""
    given = arguments()
    app = Application(
        broker_address=given.bootstrap,
        consumer_group=given.group,
        auto_offset_reset=given.reset,
        processing_guarantee="exactly-once" if given.exactly_once else "at-least-once",
        state_dir=given.folder,
        loglevel="WARNING",
    )
    frame = app.dataframe(app.topic(given.input, key_deserializer="bytes", value_deserializer="json"))
    frame = frame.apply(with_z_score, stateful=True) if given.rolling else frame.apply(checked)
    frame.to_topic(app.topic(given.output, key_serializer="bytes", value_serializer="json"))
    app.run()


if __name__ == "__main__":
    main()
