"""The catalogue of faults: what each number stands for. A test says with `@fault("F3")` which ones it proves."""

from __future__ import annotations

import pytest

FAULTS = {
    "F1": "kill -9 at each step of the cycle",
    "F2": "broker restarted in peace",
    "F3": "broker killed in a transaction",
    "F4": "broker frozen for 8 s",
    "F5": "requests or answers lost, link cut, slow or thin",
    "F6": "worker cut off from its group coordinator",
    "F7": "rebalance storm",
    "F8": "zombie: frozen beyond its session, then awake",
    "F9": "transaction timeout, and one beyond the broker's limit",
    "F10": "dead worker with an open transaction",
    "F11": "poison records",
    "F12": "huge record",
    "F13": "wrong or missing key, tombstone",
    "F14": "output larger than its topic takes",
    "F15": "broker's disk full",
    "F16": "input deleted by retention",
    "F17": "number of partitions grows",
    "F18": "topic missing, right revoked while running",
    "F19": "repeated, late and unordered ticks",
    "F20": "hot symbol",
    "F21": "100,000 symbols",
    "F22": "clock two hours off",
    "F23": "rolling upgrade with other parameters",
    "F24": "evolved schemas",
    "F25": "aborted and open transactions in the input",
    "F26": "compressed input, unknown headers",
    "F27": "out of memory, cache and disk not writable",
    "F28": "SIGTERM at each step of the cycle",
    "F29": "two workers with one group.instance.id",
    "F30": "state topic truncated or corrupt",
    "F31": "SIGTERM or SIGINT while brokers are up, down or silent",
    "F32": "leader of the logs killed, one of three brokers",
    "F33": "coordinator of the group killed, one of three brokers",
    "F34": "coordinator of the transactions killed at a commit, one of three brokers",
    "F35": "controller killed",
    "F36": "coordinator cut off from the other brokers, not from clients",
    "F37": "leader of a state partition cut off from the other brokers, not from clients",
    "F38": "clients cut off from one broker",
    "F39": "two brokers cut off from each other only",
    "F40": "no quorum for 20 s",
    "F41": "too few replicas in sync",
    "F42": "brokers restarted one after the other",
    "F43": "leaders moved each second",
    "F44": "broker paused for 5, 12 or 40 s, one of three",
    "F45": "input truncated by an unclean election",
    "F46": "topic made anew, under a worker or between two",
    "F47": "offsets of the group deleted, expired, or set back by hand",
    "F48": "state partition without its last records",
    "F49": "committed offset beyond the end of the input",
    "F50": "consumer of the new protocol (KIP-848) in the group",
    "F51": "coordinator that answers with errors and without topics, or leaves a partition out",
    "F52": "connections reset again and again",
    "F53": "at least once: a former owner's snapshots reach the log behind newer ones",
    "F54": "monitor of the portfolio's risk killed under load",
    "F55": "monitor frozen within and beyond its session, then awake",
    "F56": "two monitors that lead",
    "F57": "brokers of the monitor killed or paused, one of three",
    "F58": "state of the monitor damaged or deleted",
    "F59": "owner of the alerts killed at each step",
    "F60": "owner of the alerts frozen, then awake when another owns them",
    "F61": "receivers of alerts that fail, never answer or are not there",
    "F62": "state of the alerts deleted",
    "F70": "archive killed at each step",
    "F71": "archive frozen within a commit, then awake beside its heir",
    "F72": "members of the archive come and go",
    "F73": "store of the archive answers 500 or 403, late or by half",
    "F74": "store of the archive away for long",
    "F75": "database of the archive's second sink killed and cut off",
}


def fault(*numbers: str) -> pytest.MarkDecorator:
    """Marks a test that proves these faults to be survived. Raises KeyError for an unknown number."""
    assert all(FAULTS[number] for number in numbers)
    return pytest.mark.fault(*numbers)


quick = pytest.mark.quick
