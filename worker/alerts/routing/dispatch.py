"""Routing: alerts into groups, and groups into messages when their time has come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas import SCHEMA_VERSION
from schemas.alert import Alert
from schemas.delivery import Cause, Message
from worker.alerts.configuration.plan import Routing
from worker.alerts.configuration.routes import Route
from worker.alerts.evaluation.clock import Timers
from worker.alerts.evaluation.records import Act
from worker.alerts.routing.matching import fits, had
from worker.alerts.routing.members import Group, Member, Memory, Pace
from worker.alerts.routing.quiet import QuietHours
from worker.alerts.routing.suppression import Suppression

MINUTE = 60_000
DETAILED = 20  # alerts of a message that are told in full; of a summary fewer
IN_SUMMARY = 10


class Sent(NamedTuple):
    """A message and where it goes."""

    message: Message
    receivers: tuple[str, ...]


class Dispatch:
    """The groups and what was told of them."""

    def __init__(self, routing: Routing, stored: Mapping[str, bytes] | None = None) -> None:
        """Begin with what is stored; groups of routes that are gone are made anew.

        Raises:
            DataError: the stored state can't be read.
        """
        self._routing, self._quiet = routing, QuietHours(routing.quiet)
        self._memory = Memory(stored or {})
        self._due: Timers = Timers()
        self._repeats: Timers = Timers()
        self._escalations: Timers = Timers()
        for mark, member in self._memory.members.items():
            self._regroup(mark, member)
        for key, group in self._memory.groups.items():
            self._time(key, group)

    def step(self, now: int, alerts: Iterable[Alert], acts: Iterable[Act] = ()) -> list[Sent]:
        """Take what changed in a step, and return what is to be told at `now`, epoch ms."""
        for act in acts:
            self._act(act)
        for key, silence in self._memory.silences.items():
            if silence.ends_ms <= now:
                self._memory.silences.drop(key)
        for alert in alerts:
            self._take(alert, now)
        due = list(dict.fromkeys(self._due.due(now)))
        repeats, escalations = list(self._repeats.due(now)), list(self._escalations.due(now))
        if not (due or repeats or escalations):
            return []
        held = self._suppression(now)
        found = [*self._changes(due, held, now)]
        found += [sent for key in repeats if (sent := self._repeat(key, held, now))]
        found += self._escalated(escalations, held, now)
        return found

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the records of the state that have changed since the last call."""
        memory = self._memory
        yield from memory.members.changes()
        yield from memory.groups.changes()
        yield from memory.paces.changes()
        yield from memory.silences.changes()

    @property
    def open(self) -> list[Alert]:
        """The alerts that fire, acknowledged or not."""
        return [one.alert for _, one in self._memory.members.items() if one.alert.state != "resolved"]

    def told(self, receiver: str) -> list[Alert]:
        """Return the alerts that fire and were told to a receiver of their route."""
        routes, groups = self._routing.routes, self._memory.groups
        ours = {key for key, group in groups.items() if receiver in routes[group.route].receivers}
        return [
            one.alert
            for _, one in self._memory.members.items()
            if one.told and one.group in ours and one.alert.state != "resolved"
        ]

    # -- what comes in

    def _act(self, act: Act) -> None:
        silences = self._memory.silences
        if act.action == "silence" and act.silence is not None:
            silences.put(act.silence.id, act.silence)
        elif act.action == "end_silence":
            silences.drop(act.subject)

    def _take(self, alert: Alert, now: int) -> None:
        mark, memory = alert.fingerprint, self._memory
        member = memory.members.get(mark)
        if alert.state == "pending":
            return
        if alert.state == "resolved":
            self._ended(mark, member, alert, now)
        elif member is None or member.alert.alert_id != alert.alert_id:
            memory.leave(mark)
            if (route := self._route(alert)) is not None:
                self._join(mark, Member(alert, self._key(route, alert)), route, now)
        else:
            memory.members.put(mark, msgspec.structs.replace(member, alert=alert))

    def _ended(self, mark: str, member: Member | None, alert: Alert, now: int) -> None:
        if member is None:
            return
        if not member.told:
            self._memory.leave(mark)  # nobody was told, so nobody waits for its end
            return
        self._memory.members.put(mark, msgspec.structs.replace(member, alert=alert))
        self._change(member.group, now)

    def _join(self, mark: str, member: Member, route: int, now: int) -> None:
        memory = self._memory
        memory.members.put(mark, member)
        memory.inside[member.group].add(mark)
        if member.group not in memory.groups:
            by = self._routing.routes[route].group_by
            labels = {label: had(member.alert, label) for label in ("rule", *by)}
            memory.groups.put(member.group, Group(route, member.alert.rule, labels))
        self._change(member.group, now)

    def _change(self, key: str, now: int) -> None:
        group = self._memory.groups.get(key)
        assert group is not None
        if group.due is None:
            route = self._routing.routes[group.route]
            group.due = now + route.wait if group.sent is None else max(now, group.sent + route.interval)
            self._memory.groups.touch(key)
        self._due.set(key, group.due)

    def _route(self, alert: Alert) -> int | None:
        return next((at for at, one in enumerate(self._routing.routes) if fits(alert, one.match)), None)

    def _key(self, route: int, alert: Alert) -> str:
        one = self._routing.routes[route]
        labels = [alert.rule, *(had(alert, label) for label in one.group_by)]
        whole = msgspec.json.encode([sorted(one.match.items()), one.receivers, one.group_by, labels])
        return hashlib.sha256(whole).hexdigest()[:16]

    def _regroup(self, mark: str, member: Member) -> None:
        """Bring a stored member to the route that the file gives it now."""
        memory, route = self._memory, self._route(member.alert)
        key = None if route is None else self._key(route, member.alert)
        group = memory.groups.get(member.group)
        if key != member.group or group is None:
            memory.leave(mark)
            if route is not None and key is not None and member.alert.state != "resolved":
                self._join(mark, msgspec.structs.replace(member, group=key), route, member.alert.fired_ms or 0)
        elif route is not None and group.route != route:
            group.route = route
            memory.groups.touch(member.group)

    def _time(self, key: str, group: Group) -> None:
        """Set a group's timers anew."""
        route = self._routing.routes[group.route]
        if group.due is not None:
            self._due.set(key, group.due)
        if group.sent is not None:
            self._repeats.set(key, group.sent + route.repeat)
        for mark, member in self._memory.within(key):
            self._watch(mark, member, route)

    def _watch(self, mark: str, member: Member, route: Route) -> None:
        if member.told and member.alert.state == "firing" and member.level < len(route.escalate):
            begun = member.alert.fired_ms or 0
            self._escalations.set(mark, begun + (member.level + 1) * route.escalate_after)

    def _suppression(self, now: int) -> Suppression:
        silences = [one for _, one in self._memory.silences.items()]
        routing = self._routing
        return Suppression(now, silences, self._quiet.at(now), routing.inhibitions, self.open)

    # -- what goes out

    def _changes(self, due: Sequence[str], held: Suppression, now: int) -> Iterator[Sent]:
        together: dict[tuple[int, str], list[str]] = {}
        for key in due:
            group = self._memory.groups.get(key)
            if group is None or group.due is None:
                continue
            if group.due > now:
                self._due.set(key, group.due)
                continue
            together.setdefault((group.route, group.rule), []).append(key)
        for (at, rule), keys in together.items():
            yield from self._told(at, rule, keys, held, now)

    def _told(self, at: int, rule: str, keys: Sequence[str], held: Suppression, now: int) -> Iterator[Sent]:
        """Tell groups of one rule: each alone, or in one summary where they would be too many."""
        route = self._routing.routes[at]
        ready = {key: found for key in keys if (found := self._tellable(key, held, now))}
        count, pace = sum(map(len, ready.values())), self._pace(at, rule, now)
        before = sum(told for _, told in pace.told)
        if route.storm and before > route.storm and ready:
            later = pace.told[0][0] + MINUTE
            for key in ready:
                self._put_off(key, later)
            return
        storm = route.storm and before + count > route.storm
        batches = [list(ready)] if storm and ready else [[key] for key in ready]
        for batch in batches:
            marks = [mark for key in batch for mark in ready[key]]
            yield self._message("change", batch, marks, route.receivers, now, IN_SUMMARY if storm else DETAILED)
            self._note(batch, marks, route, now)
        if count:
            pace.told.append((now, count))
            self._memory.paces.put(f"{at}/{rule}", pace)

    def _tellable(self, key: str, held: Suppression, now: int) -> list[str]:
        """Return a group's alerts that have changed and may be told; the group stays due while some are kept back."""
        found, kept = [], False
        for mark, member in self._memory.within(key):
            if member.alert.state == "resolved" or not member.told:
                if held.holds(member.alert):
                    kept = True
                else:
                    found.append(mark)
        if not found:
            group = self._memory.groups.get(key)
            assert group is not None
            if kept:
                self._due.set(key, now + 1)  # looked at in each step
            elif group.due is not None:
                group.due = None
                self._memory.groups.touch(key)
        return found

    def _pace(self, at: int, rule: str, now: int) -> Pace:
        pace = self._memory.paces.get(f"{at}/{rule}") or Pace()
        return Pace([one for one in pace.told if one[0] > now - MINUTE])

    def _put_off(self, key: str, until: int) -> None:
        group = self._memory.groups.get(key)
        assert group is not None
        group.due = until
        self._memory.groups.touch(key)
        self._due.set(key, until)

    def _note(self, keys: Iterable[str], marks: Iterable[str], route: Route, now: int) -> None:
        """Note what was told."""
        memory = self._memory
        for key in keys:
            group = memory.groups.get(key)
            assert group is not None
            group.sent, group.due = now, None
            memory.groups.touch(key)
            self._repeats.set(key, now + route.repeat)
        for mark in marks:
            member = memory.members.get(mark)
            assert member is not None
            if member.alert.state == "resolved":
                memory.leave(mark)
                continue
            member.told = True
            memory.members.touch(mark)
            self._watch(mark, member, route)
        for key in keys:  # what is kept back is looked at again
            if any(not one.told or one.alert.state == "resolved" for _, one in memory.within(key)):
                self._change(key, now)

    def _repeat(self, key: str, held: Suppression, now: int) -> Sent | None:
        group = self._memory.groups.get(key)
        if group is None or group.sent is None:
            return None
        route = self._routing.routes[group.route]
        if group.sent + route.repeat > now:
            self._repeats.set(key, group.sent + route.repeat)
            return None
        marks = [
            mark
            for mark, one in self._memory.within(key)
            if one.told and one.alert.state == "firing" and not held.holds(one.alert)
        ]
        group.sent = now
        self._memory.groups.touch(key)
        self._repeats.set(key, now + route.repeat)
        return self._message("repeat", [key], marks, route.receivers, now, DETAILED) if marks else None

    def _escalated(self, marks: Sequence[str], held: Suppression, now: int) -> Iterator[Sent]:
        ready: dict[tuple[str, int], list[str]] = {}
        for mark in marks:
            member = self._memory.members.get(mark)
            if member is None or not member.told or member.alert.state != "firing":
                continue
            group = self._memory.groups.get(member.group)
            assert group is not None
            route = self._routing.routes[group.route]
            if member.level >= len(route.escalate):
                continue
            if (member.alert.fired_ms or 0) + (member.level + 1) * route.escalate_after > now:
                self._watch(mark, member, route)
            elif held.holds(member.alert):
                self._escalations.set(mark, now + 1)
            else:
                ready.setdefault((member.group, member.level), []).append(mark)
                member.level += 1
                self._memory.members.touch(mark)
                self._watch(mark, member, route)
        for (key, level), found in ready.items():
            group = self._memory.groups.get(key)
            assert group is not None
            receiver = self._routing.routes[group.route].escalate[level]
            yield self._message("escalation", [key], found, (receiver,), now, DETAILED)

    def _message(
        self, cause: Cause, keys: Sequence[str], marks: Sequence[str], to: tuple[str, ...], now: int, detailed: int
    ) -> Sent:
        memory = self._memory
        alerts = [member.alert for mark in marks if (member := memory.members.get(mark))]
        alerts.sort(key=lambda one: (one.state == "resolved", _RANK[one.severity], one.fingerprint))
        groups = [group for key in keys if (group := memory.groups.get(key))]
        common = dict.items(groups[0].labels) if groups else ()
        labels = {name: value for name, value in common if all(one.labels.get(name) == value for one in groups)}
        shown = len(alerts) if len(alerts) <= detailed else min(detailed, IN_SUMMARY)
        whole = [cause, keys, now, [(one.alert_id, one.state) for one in alerts]]
        ended = sum(one.state == "resolved" for one in alerts)
        message = Message(
            schema_version=SCHEMA_VERSION,
            message_id=hashlib.sha256(msgspec.json.encode(whole)).hexdigest()[:32],
            cause=cause,
            group=keys[0] if len(keys) == 1 else f"{keys[0]}+{len(keys) - 1}",
            labels=labels,
            alerts=alerts[:shown],
            others=[one.alert_id for one in alerts[shown:]],
            firing=len(alerts) - ended,
            resolved=ended,
        )
        return Sent(message, to)


_RANK = {"critical": 0, "warning": 1, "info": 2}
