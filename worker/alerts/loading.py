"""The plan from the settings: shipped rules and the file, with fields and limits checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from worker.alerts.configuration import rules
from worker.alerts.configuration.file import SHIPPED, AlertsFile, Source
from worker.alerts.configuration.place import meant
from worker.alerts.configuration.plan import Limited, Plan, Routing
from worker.alerts.configuration.receivers import Alertmanager
from worker.alerts.evaluation.conditions import Unfit, condition
from worker.alerts.evaluation.fields import UnknownField, elements, field
from worker.risk.settings import RiskSettings
from worker.settings import Settings

Refuse = Callable[[Sequence[Any], str], Exception]
BUILT_IN = ("rule", "severity")


def load_plan(settings: Settings) -> Plan:
    """Return what a process of the alerts does.

    Raises:
        ConfigError: the file can't be read, or something in it does not fit; the message names line and suggestion.
    """
    shipped = Source(SHIPPED)
    known = _checked(shipped.read(), shipped, settings.risk)
    if settings.alerts.file is None:
        return Plan(known, Routing())
    source = Source(settings.alerts.file.expanduser())
    given = source.read()
    for at, name in enumerate(given.without):
        if name not in known:
            raise source.refused(("without", at), f"there is no shipped rule {name!r}; {meant(name, known)}")
    kept = {name: one for name, one in known.items() if name not in given.without} if given.shipped else {}
    limited = kept | _checked(given, source, settings.risk)
    for name, one in given.rules.items():
        if not one.enabled:
            limited.pop(name, None)
    _check_receivers(given, source)
    labels = {*BUILT_IN, *(label for one in limited.values() for label in (*one.rule.labels, *one.rule.fixed))}
    _check_labels(given, source, labels)
    routes = tuple(_route(one, given) for one in given.routes)
    return Plan(limited, Routing(routes, given.inhibit, given.quiet), given.receivers, given.fallback, given.link)


def _route(route: Any, given: AlertsFile) -> Any:
    # Alertmanager groups by itself: it is told at once.
    if all(isinstance(given.receivers[name], Alertmanager) for name in route.receivers):
        unset = {"wait", "interval"} - route.model_fields_set
        return route.model_copy(update=dict.fromkeys(unset, 1000) | {"storm": 0})
    return route


def _checked(given: AlertsFile, source: Source, risk: RiskSettings) -> dict[str, Limited]:
    return {name: _limited(name, one, source.refused, risk) for name, one in given.rules.items() if one.enabled}


def _limited(name: str, rule: rules.Base, refuse: Refuse, risk: RiskSettings) -> Limited:
    own, each = ("rules", name), rule.each
    checks: list[tuple[str, Callable[[], object]]] = []
    if each is not None:
        checks.append(("each", lambda: elements(rule.source, each)))
    checks += [("where", lambda one=one: condition(rule.source, each, one)) for one in rule.where]  # type: ignore[misc]
    for key, paths in (("labels", rule.labels.values()), ("values", rule.values)):
        checks += [(key, lambda path=path: field(rule.source, path, each)) for path in paths]  # type: ignore[misc]
    if isinstance(rule, rules.Rate):
        checks += [("of", lambda: [field(one, rule.labels[label]) for one in rule.of for label in rule.of_labels])]
    if isinstance(rule, rules.Threshold):
        checks.append(("field", lambda: _number(rule, each)))
    for key, check in checks:
        try:
            check()
        except (UnknownField, Unfit) as error:
            raise refuse((*own, key), str(error)) from None
    if not isinstance(rule, rules.Threshold):
        return Limited(rule)
    key = "above" if rule.above is not None else "below"
    return Limited(rule, _limit(rule.above if rule.above is not None else rule.below, (*own, key), refuse, risk))


def _number(rule: rules.Threshold, each: str | None) -> None:
    if field(rule.source, rule.field, each).kind != "number":
        raise Unfit(f"{rule.field!r} holds no number")


def _limit(given: Any, where: Sequence[Any], refuse: Refuse, risk: RiskSettings) -> float:
    if isinstance(given, int | float):
        return float(given)
    numbers = {f"risk.{name}": value for name, value in risk.model_dump().items() if type(value) in (int, float)}
    if given not in numbers:
        raise refuse(where, f"{given!r} is neither a number nor one of the portfolio's limits; {meant(given, numbers)}")
    return float(numbers[given])


def _check_receivers(given: AlertsFile, source: Source) -> None:
    known = given.receivers
    if given.fallback is not None and given.fallback not in known:
        raise source.refused(("fallback",), f"there is no receiver {given.fallback!r}; {meant(given.fallback, known)}")
    for at, route in enumerate(given.routes):
        for key in ("receivers", "escalate"):
            for name in getattr(route, key):
                if name not in known:
                    raise source.refused(
                        ("routes", at, key), f"there is no receiver {name!r}; {meant(name, known) if known else ''}"
                    )


def _check_labels(given: AlertsFile, source: Source, labels: set[str]) -> None:
    def check(where: Sequence[Any], found: Sequence[str]) -> None:
        for label in found:
            if label not in labels:
                raise source.refused(where, f"no rule has a label {label!r}; {meant(label, sorted(labels))}")

    for at, route in enumerate(given.routes):
        check(("routes", at, "match"), [*route.match])
        check(("routes", at, "group_by"), route.group_by)
    for at, one in enumerate(given.inhibit):
        check(("inhibit", at, "source"), [*one.source])
        check(("inhibit", at, "target"), [*one.target])
        check(("inhibit", at, "equal"), one.equal)
    for at, quiet in enumerate(given.quiet):
        check(("quiet", at, "match"), [*quiet.match])
