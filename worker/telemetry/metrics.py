"""The metric catalogue: every metric with its labels and meaning, also for docs and tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from schemas import Decision
from schemas.decision import Strategy
from worker.engine.asking import intent
from worker.engine.output.outcomes import ACTIONS
from worker.engine.output.tally import Tally
from worker.engine.reasons import codes
from worker.engine.scoring.model import Status
from worker.models.serving.trial import Verdict, compare
from worker.telemetry.families import QuickCounter, QuickGauge

PREFIX = "alphapulse"
FAILURES = {code: intent.Status(code).name for code in (intent.RAISED, intent.INVALID, intent.CIRCUIT_OPEN)}
STATUSES = {int(status): status.name for status in Status}
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """All metrics of one process. No label holds a symbol: there may be 100,000 of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records_consumed = self._counter(
            "records_consumed", "Input records whose outcome is committed.", "partition"
        )
        self.decisions = self._counter("decisions", "Decisions committed.", "action")
        self.records_rejected = self._counter("records_rejected", "Rejections committed.", "reason")
        self.transactions = self._counter("transactions", "Batches by outcome of their commit.", "outcome")
        self.rebalances = self._counter("rebalances", "Assignments received from the group.")
        self.rebalance_duration_seconds = self._histogram(
            "rebalance_duration_seconds", "Time to finish work when partitions are revoked.", _FAST
        )
        self.assigned_partitions = self._gauge("assigned_partitions", "Partitions that this process owns.")
        self.consumer_lag_records = self._gauge(
            "consumer_lag_records", "End offset minus committed position.", "partition"
        )
        self.engine_seconds = self._histogram(
            "engine_seconds", "Engine time per batch, small ones of a round together.", _FAST
        )
        self.commit_duration_seconds = self._histogram(
            "commit_duration_seconds", "Time to encode, send and commit, per batch.", _FAST
        )
        self.state_restore_seconds = self._histogram(
            "state_restore_seconds", "Time to fence and restore, per partition.", _SLOW
        )
        self.snapshots = self._counter("snapshots", "Symbol snapshots written.")
        self.snapshot_bytes = self._counter("snapshot_bytes", "Bytes of symbol snapshots written.")
        self.snapshots_refused = self._counter("snapshots_refused", "Snapshots that a restore found lost or damaged.")
        self.states_warmed_again = self._counter(
            "states_warmed_again", "Symbols whose derived state was rebuilt after a change of parameters or engine."
        )
        self.controls_read = self._counter("controls_read", "Records of the control topic read, removals included.")
        self.actions_late = self._counter(
            "corporate_actions_late", "Corporate actions that came after bars of their time were decided: not applied."
        )
        self.controls_refused = self._counter("controls_refused", "Records of the control topic that can't be read.")
        self.journal_entries = self._counter("journal_entries", "Control records that a partition applied.")
        self.model_answers = self._counter("model_answers", "Decisions committed, by outcome of the model.", "status")
        self.plugin_failures = self._counter(
            "plugin_failures", "Bars on which a stage plugin failed; restores count them again.", "plugin"
        )
        self.strategy_failures = self._counter(
            "strategy_failures", "Decisions at which the strategy gave no answer that can be followed.", "status"
        )
        self.extra_columns_missing = self._counter(
            "extra_columns_missing", "Decisions whose tick had no number in an extra column.", "column"
        )
        self.challenger_answers = self._counter(
            "challenger_answers", "Bars that the challenger scored, by outcome; restores count them again.", "status"
        )
        self.challenger_comparisons = self._counter(
            "challenger_comparisons", "Bars with a probability from both challenger and champion."
        )
        self.challenger_difference = self._counter(
            "challenger_difference", "Sum of the absolute differences of these probabilities."
        )
        self.challenger_opposed = self._counter(
            "challenger_opposed", "Of these bars, those on which the two probabilities lie on different sides of 0.5."
        )
        self.replayed_records = self._counter("replayed_records", "Input records that restores ran through the engine.")
        self.repeated_records = self._counter(
            "repeated_records",
            "Input records whose outputs were published again under at_least_once.",
        )
        self.input_gaps = self._counter(
            "input_gaps", "Gaps in the input after which a partition restarted without state.", "partition"
        )
        self.unsaved_offsets = self._gauge(
            "unsaved_offsets", "Input offsets that a new owner would have to replay.", "partition"
        )
        self.restore_offset = self._gauge("restore_offset", "Input offset that a restore has reached.", "partition")
        self.symbols_tracked = self._gauge("symbols_tracked", "Known symbols.", "partition")
        self.keys_misplaced = self._gauge(
            "keys_misplaced", "Known symbols that murmur2 would place on another partition.", "partition"
        )
        self.symbol_limit_reached = self._gauge(
            "symbol_limit_reached",
            "1 while further new symbols are rejected (engine.ingestion.max_symbols).",
            "partition",
        )
        self.symbols_spilled = self._gauge("symbols_spilled", "Known symbols whose state is spilled.", "partition")
        self.states_spilled = self._counter("states_spilled", "States written to a spill file.")
        self.states_brought_back = self._counter("states_brought_back", "States read from a spill file.")
        self.spill_faults = self._counter("spill_faults", "Faults of spill files; the first one ends spilling.")
        self.event_time_lag_seconds = self._gauge(
            "event_time_lag_seconds", "Now minus the timestamp of the last committed input record.", "partition"
        )
        self.risk_owner = self._gauge("risk_owner", "1 while this process owns the portfolio's risk.")
        self.risk_steps = self._counter("risk_steps", "Records of the portfolio committed.")
        self.risk_controls = self._counter("risk_controls", "Control records that the monitor committed.")
        self.risk_step_seconds = self._histogram("risk_step_seconds", "Time to compute a step.", _FAST)
        self.risk_step_timestamp_seconds = self._gauge(
            "risk_step_timestamp_seconds", "Event time of the last step, Unix time."
        )
        self.alerts_owner = self._gauge("alerts_owner", "1 while this process evaluates the alerts.")
        self.alerts_steps = self._counter("alerts_steps", "Steps of the alerts committed.")
        self.alerts_step_seconds = self._histogram("alerts_step_seconds", "Time to evaluate a step.", _FAST)
        self.alerts_changes = self._counter("alerts_changes", "Alerts written, by their new state.", "state")
        self.alerts_open = self._gauge("alerts_open", "Alerts that fire and have a route, acknowledged or not.")
        self.alerts_lag_records = self._gauge("alerts_lag_records", "Records that have not entered a step.", "source")
        self.alerts_unreadable = self._counter("alerts_unreadable", "Records that no rule could read.", "source")
        self.alerts_refused = self._counter(
            "alerts_refused", "Sets of labels beyond alerts.max_series, which no rule follows."
        )
        self.alerts_deliveries = self._counter(
            "alerts_deliveries", "Attempts to deliver a message, by their outcome.", "receiver", "outcome"
        )
        self.alerts_waiting = self._gauge("alerts_waiting", "Messages that wait for their receiver.", "receiver")
        self.archive_rows = self._counter("archive_rows", "Rows that the archive committed.", "table")
        self.archive_unreadable = self._counter(
            "archive_unreadable", "Records that the archive kept as bytes, because they can't be read.", "table"
        )
        self.archive_commits = self._counter(
            "archive_commits",
            "Commits of the archive by outcome; after a conflict or an unknown outcome it compares and repeats.",
            "outcome",
        )
        self.archive_commit_seconds = self._histogram("archive_commit_seconds", "Time of a commit of a table.", _SLOW)
        self.archive_commit_timestamp_seconds = self._gauge(
            "archive_commit_timestamp_seconds", "Unix time of the last commit of the archive."
        )
        self.archive_pending_bytes = self._gauge("archive_pending_bytes", "Bytes of rows that wait for a commit.")
        self.archive_lag_records = self._gauge(
            "archive_lag_records", "End offset minus archived position.", "topic", "partition"
        )
        self.archive_upkeep = self._counter(
            "archive_upkeep", "Compactions and the like of the archive's tables, by outcome.", "work", "outcome"
        )
        self.gateway_requests = self._counter("gateway_requests", "Answers of the gateway.", "status")
        self.gateway_request_seconds = self._histogram(
            "gateway_request_seconds", "Time from a request to the end of its answer, live streams left out.", _FAST
        )
        self.gateway_hot_bytes = self._gauge("gateway_hot_bytes", "Memory of the records that the gateway holds.")
        self.gateway_age_seconds = self._gauge(
            "gateway_age_seconds", "Time since the brokers last answered the gateway, of the topic with the longest."
        )
        self.gateway_records_read = self._counter("gateway_records_read", "Records that the gateway followed.", "topic")
        self.gateway_older_reads = self._counter(
            "gateway_older_reads", "Reads from Kafka of records that the gateway no longer holds."
        )
        self.last_poll_timestamp_seconds = self._gauge("last_poll_timestamp_seconds", "Unix time of the last poll.")
        self.build_info = self._gauge("build_info", "Always 1.", "version", "config_hash")
        self._tally, self._consumed = Tally(), dict[int, int]()
        for counter in (self.records_consumed, self.decisions, self.model_answers, self.strategy_failures):
            counter.before = self._settle
        ProcessCollector(registry=self.registry)

    def count_batch(self, partition: int, outcomes: Sequence[Any]) -> None:
        """Count the outcomes of one committed batch."""
        self.records_consumed.labels(partition).inc(len(outcomes))
        tally: dict[tuple[Counter, str], int] = {}
        for outcome in outcomes:
            for at in self._of(outcome):
                tally[at] = tally.get(at, 0) + 1
        for (counter, label), count in tally.items():
            counter.labels(label).inc(count)

    def _of(self, outcome: Any) -> list[tuple[Counter, str]]:
        if isinstance(outcome, Decision):
            found: list[tuple[Counter, str]] = [
                (self.decisions, outcome.action),
                (self.model_answers, outcome.model.status),
            ]
            if isinstance(outcome.strategy, Strategy) and outcome.strategy.status in FAILURES.values():
                found.append((self.strategy_failures, outcome.strategy.status))
            return found
        return [(self.records_rejected, outcome.codes[0])]

    def count_rows(self, partition: int, outs: NDArray[Any]) -> None:
        """Count the outcomes of output rows (`pipeline.OUTPUT`)."""
        self._consumed[partition] = self._consumed.get(partition, 0) + len(outs)
        if self._tally.add(outs):
            rejected = ~outs["validation"]["accepted"].astype(bool)
            masks, counts = np.unique(outs["validation"]["mask"][rejected], return_counts=True)
            for mask, count in zip(masks.tolist(), counts.tolist(), strict=True):
                self.records_rejected.labels(codes(mask)[0]).inc(count)

    def _settle(self) -> None:
        """Enter what was counted of rows: counters are set when somebody reads them, and not with each batch."""
        consumed, self._consumed = self._consumed, {}
        for partition, count in consumed.items():
            self.records_consumed.labels(partition).inc(count)
        actions, statuses, answers = self._tally.take()
        for action, count in actions.items():
            self.decisions.labels(ACTIONS[action]).inc(count)
        for status, count in statuses.items():
            self.model_answers.labels(STATUSES[status]).inc(count)
        for code, count in answers.items():
            if code in FAILURES:
                self.strategy_failures.labels(FAILURES[code]).inc(count)

    def count_extras(self, names: Sequence[str], extras: NDArray[np.float64], outs: NDArray[Any]) -> None:
        """Count what decided ticks lacked; `extras` (n, names) are those of `Decoded`, or none at all."""
        if not extras.size:
            return
        missing = np.isnan(extras[outs["validation"]["accepted"].astype(bool)]).sum(axis=0)
        for name, count in zip(names, missing.tolist(), strict=True):
            if count:
                self.extra_columns_missing.labels(name).inc(count)

    def count_steps(self, steps: int, controls: int, ts: int) -> None:
        """Count committed steps of the portfolio's risk, the last of them at `ts`."""
        self.risk_steps.inc(steps)
        self.risk_controls.inc(controls)
        self.risk_step_timestamp_seconds.set(ts / 1000)

    def count_archived(self, table: str, rows: int, unreadable: int, seconds: float) -> None:
        """Count a commit of the archive that took so many seconds."""
        self.archive_rows.labels(table).inc(rows)
        self.archive_unreadable.labels(table).inc(unreadable)
        self.archive_commits.labels("committed").inc()
        self.archive_commit_seconds.observe(seconds)
        self.archive_commit_timestamp_seconds.set_to_current_time()

    def count_verdict(self, verdict: Verdict) -> None:
        """Count the challenger's scores against the champion's."""
        if (found := compare(verdict)) is None:
            return
        for status, count in found.statuses.items():
            self.challenger_answers.labels(status).inc(count)
        self.challenger_comparisons.inc(found.both)
        self.challenger_difference.inc(found.difference)
        self.challenger_opposed.inc(found.opposed)

    def forget_partition(self, partition: int) -> None:
        """Drop the gauges of a partition that another worker owns now."""
        for gauge in (
            self.consumer_lag_records,
            self.restore_offset,
            self.unsaved_offsets,
            self.symbols_tracked,
            self.keys_misplaced,
            self.symbol_limit_reached,
            self.symbols_spilled,
            self.event_time_lag_seconds,
        ):
            if (str(partition),) in gauge._metrics:
                gauge.remove(partition)

    def forget_archived(self, topic: str, partition: int) -> None:
        """Drop the gauge of a partition that another member archives now."""
        if (topic, str(partition)) in self.archive_lag_records._metrics:
            self.archive_lag_records.remove(topic, partition)

    def catalogue(self) -> list[tuple[str, str, str]]:
        """Return (name, type, meaning) of every metric, in order of declaration."""
        return [(family.name, family.type, family.documentation) for family in self.registry.collect()]

    def _counter(self, name: str, meaning: str, *labels: str) -> QuickCounter:
        return QuickCounter(name, meaning, labels, namespace=PREFIX, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return QuickGauge(name, meaning, labels, namespace=PREFIX, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(name, meaning, namespace=PREFIX, registry=self.registry, buckets=buckets)


METRICS = Metrics()
