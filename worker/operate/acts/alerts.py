"""Acts on alerts: take one on, silence some, end a silence."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence

import msgspec

from schemas.alert import FINGERPRINT
from schemas.silence import ID, Matcher, Silence
from worker.errors import ConfigError
from worker.operate.acts.intent import Intent

LONGEST = 90 * 86_400_000  # ms: a silence that never ends is a rule that nobody wants
_MATCHER = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,99})(!?=)(.{0,400})", re.DOTALL)


def acknowledge_alert(fingerprint: str, reason: str) -> Intent:
    """Return the act that takes an alert on: it is no longer escalated or repeated.

    Raises:
        ConfigError: it is no fingerprint.
    """
    if not re.fullmatch(FINGERPRINT, fingerprint):
        raise ConfigError(f"{fingerprint[:80]!r} is no fingerprint of an alert", "`alphapulse alerts list` shows them")
    return Intent("acknowledge_alert", fingerprint, reason)


def silence(matchers: Sequence[Matcher], lasts_ms: int, author: str, reason: str, now_ms: int | None = None) -> Intent:
    """Return the act that silences alerts from now on.

    Raises:
        ConfigError: it lasts too long or too short, or a value does not fit.
    """
    if not 0 < lasts_ms <= LONGEST:
        raise ConfigError("a silence lasts for up to 90 days", "Give an end, and renew it where it is still wanted")
    begin = int(time.time() * 1000) if now_ms is None else now_ms
    made = Silence(uuid.uuid4().hex, list(matchers), begin, begin + lasts_ms, author, reason)
    try:
        msgspec.json.decode(msgspec.json.encode(made), type=Silence)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the silence is invalid: {error}", "See `alphapulse schema audit`") from None
    return Intent("silence", made.id, reason, silence=made)


def end_silence(identity: str, reason: str) -> Intent:
    """Return the act that ends a silence before its time.

    Raises:
        ConfigError: it is no id of a silence.
    """
    if not re.fullmatch(ID, identity):
        raise ConfigError(f"{identity[:80]!r} is no id of a silence", "`alphapulse alerts silences` shows them")
    return Intent("end_silence", identity, reason)


def matcher(text: str) -> Matcher:
    """Return the matcher for `label=value` or `label!=value`.

    Raises:
        ValueError: it is neither.
    """
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:80]!r} is no matcher: write label=value or label!=value")
    return Matcher(found[1], found[3], found[2] == "!=")
