"""Answers of `fleet/workers` and `fleet/partitions`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

WorkerState = Literal["running", "restoring", "joining", "draining", "unknown"]
PartitionState = Literal["running", "restoring", "idle", "unowned", "stalled", "unknown"]


class FleetWorker(msgspec.Struct):
    """A member of the group, with what its probes say; or a process that is no member yet."""

    member_id: Annotated[str | None, Meta(description="null: it answers a probe and is no member")]
    client_id: str
    host: str
    instance_id: str | None
    partitions: list[int]
    state: Annotated[WorkerState, Meta(description="unknown: the brokers or its probe give no answer")]
    probe: Annotated[str | None, Meta(description="URL; null where no probe is known to be its own")]
    ready: bool | None
    checks: Annotated[dict[str, bool], Meta(description="of its readiness")]
    scraped_ms: Annotated[int | None, Meta(description="of the last answer, epoch ms UTC")]
    decisions_per_s: Annotated[float | None, Meta(description="over 10 s")]
    p99_ms: Annotated[float | None, Meta(description="of encoding, sending and committing a batch, over a minute")]
    cpu_percent: Annotated[float | None, Meta(description="over 10 s; 100 is one core")]
    rss_mb: Annotated[float | None, Meta(description="resident memory, MiB")]
    version: str | None
    config_hash: str | None


class FleetRebalance(msgspec.Struct):
    """A rebalance of the group."""

    ts: Annotated[int, Meta(description="when it was first seen, epoch ms UTC")]
    members: Annotated[int, Meta(description="after it")]
    seconds: Annotated[float | None, Meta(description="for which it was seen; null: it passed between two looks")]


class FleetWorkers(msgspec.Struct):
    """The group and its members."""

    group: str
    state: Annotated[str, Meta(description="as its coordinator names it (Stable, Empty, …), or unknown")]
    generation: Annotated[int | None, Meta(description="the newest that a worker's probe names")]
    items: list[FleetWorker]
    rebalances: Annotated[list[FleetRebalance], Meta(description="the last 50, newest first")]
    rebalance_count: Annotated[int, Meta(description="since the gateway began to look")]
    age_s: Annotated[float | None, Meta(description="since the brokers last answered; null before the first answer")]
    problem: Annotated[str | None, Meta(description="why they give no answer")]


class Restore(msgspec.Struct):
    """How far a restore is."""

    done: Annotated[int, Meta(description="input offset that it has reached")]
    total: Annotated[int, Meta(description="input offset at which it ends")]


class FleetPartition(msgspec.Struct):
    """A partition of the input."""

    partition: int
    owner: Annotated[str | None, Meta(description="member id")]
    host: str | None
    committed: Annotated[int | None, Meta(description="next input offset; null: the group has committed nothing")]
    end: int | None
    lag: Annotated[int | None, Meta(description="records that are not committed; markers of transactions count")]
    lag_seconds: Annotated[
        float | None,
        Meta(description="for which the oldest of them has been waiting, as seen by this gateway since it started"),
    ]
    state: PartitionState
    restore: Restore | None
    newest_close_ts: Annotated[int | None, Meta(description="bar close of the newest decision, epoch ms UTC")]
    decisions_per_s: Annotated[float, Meta(description="seen in the topic over 10 s")]


class FleetPartitions(msgspec.Struct):
    """All partitions of the input."""

    items: list[FleetPartition]
    age_s: Annotated[float | None, Meta(description="since the brokers last answered; null before the first answer")]
    problem: Annotated[str | None, Meta(description="why they give no answer")]


class Fleet(msgspec.Struct):
    """The data of the stream's `fleet` events."""

    workers: FleetWorkers
    partitions: FleetPartitions
