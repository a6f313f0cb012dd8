"""Who calls, by `gateway.auth`: everybody on this machine, tokens of a file, or an issuer's."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from worker.errors import ConfigError
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.headers import CHALLENGE, CSRF, SAFE_METHODS, Credential, credential, header
from worker.gateway.auth.rates import Rates
from worker.gateway.auth.same_origin import SameOrigin, is_loopback
from worker.gateway.auth.token_file import TokenFile
from worker.gateway.auth.tokens import find
from worker.gateway.resources.problem import Refused
from worker.settings import GatewaySettings

if TYPE_CHECKING:
    from worker.gateway.auth.oidc import Oidc

SESSION = "/api/v1/session"  # who begins or ends a session need not have one
LOCAL = Caller("local", "admin", "none")


class Session(NamedTuple):
    """What a browser needs: the cookie's value, and what proves that its page sends a request."""

    caller: Caller
    secret: str
    csrf: str


class Verifier(Protocol):
    """The check of a token."""

    async def caller(self, secret: str) -> Caller:
        """Return whom a token names.

        Raises:
            Refused: nobody.
        """


class ByFile:
    """Tokens of the token file."""

    def __init__(self, file: TokenFile) -> None:
        self._file = file

    async def caller(self, secret: str) -> Caller:
        """Return whom a token names.

        Raises:
            Refused: it is unknown, revoked or expired.
        """
        found = find(self._file.tokens(), secret)
        if found is None:
            raise Refused(401, "unauthenticated", "the token is unknown or revoked", "Ask for a new one", CHALLENGE)
        if found.expired(time.time()):
            raise Refused(401, "unauthenticated", "the token has expired", "Ask for a new one", CHALLENGE)
        return Caller(found.label, found.role, "token")


class Authentication:
    """The checks of all requests."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Read the token file, if there is one.

        Raises:
            ConfigError: the settings or the token file let nobody or everybody in.
        """
        self._origins, self._rates = SameOrigin(settings), Rates(settings)
        self._oidc: Oidc | None = None
        self._verifier: Verifier | None = None
        if settings.auth == "none":
            check_listening(settings)
        elif settings.auth == "token":
            if settings.token_file is None:
                raise ConfigError(
                    "gateway.auth=token needs gateway.token_file", "Make it by `alphapulse gateway token`"
                )
            self._verifier = ByFile(TokenFile(settings.token_file))
        else:
            from worker.gateway.auth.oidc import Oidc  # cryptography takes its time, and is needed here alone

            self._verifier = self._oidc = Oidc(settings.oidc)

    async def start(self) -> None:
        """Fetch an issuer's keys.

        Raises:
            ConfigError: what it answers is no issuer's.
        """
        if self._oidc is not None:
            await self._oidc.issuer.start()

    async def stop(self) -> None:
        """Stop fetching."""
        if self._oidc is not None:
            await self._oidc.issuer.stop()

    def check(self, scope: Any) -> None:
        """Refuse what is not for this gateway, or not from its pages.

        Raises:
            Refused: it is refused.
        """
        self._origins.check(scope)

    async def caller(self, scope: Any) -> Caller:
        """Return the caller of a request.

        Raises:
            Refused: it does not say who it is, or no longer may; or a browser's write does not come from its page.
        """
        if self._verifier is None:
            return LOCAL
        given = credential(scope)
        if given is None:
            raise Refused(
                401,
                "unauthenticated",
                "the request does not say who sends it",
                "Send `Authorization: Bearer TOKEN`, or begin a session by POST /api/v1/session",
                {"WWW-Authenticate": "Bearer"},
            )
        found = await self._verifier.caller(given.secret)
        if given.by_cookie and scope["method"] not in SAFE_METHODS:
            _check_page(scope, given)
        return found

    async def begin(self, secret: str) -> Session | None:
        """Return the session that a token begins; None where none is needed.

        Raises:
            Refused: the token is not valid.
        """
        if self._verifier is None:
            return None
        return Session(await self._verifier.caller(secret), secret, _csrf(secret))

    def csrf(self, scope: Any) -> str | None:
        """Return what the page of a session has to send along; None where no cookie says who calls."""
        given = credential(scope) if self._verifier is not None else None
        return _csrf(given.secret) if given is not None and given.by_cookie else None

    def admit(self, caller: Caller | None, scope: Any) -> None:
        """Count a request of a caller; those of nobody by their address.

        Raises:
            Refused: there were too many.
        """
        if caller is not None:
            self._rates.take(f"caller {caller.who}", scope["method"])
        else:
            client = scope.get("client") or ("",)
            self._rates.take(f"address {client[0]}", "GET")


def check_listening(settings: GatewaySettings) -> None:
    """Refuse to let everybody in from elsewhere.

    Raises:
        ConfigError: gateway.auth is none, and gateway.host is not loopback.
    """
    if settings.auth == "none" and not is_loopback(settings.host):
        raise ConfigError(
            f"gateway.host={settings.host} is open to others, and gateway.auth=none lets everybody be admin",
            "Set gateway.auth to token or oidc, or gateway.host to 127.0.0.1",
        )


def _check_page(scope: Any, given: Credential) -> None:
    if not hmac.compare_digest((header(scope, CSRF) or "").encode(), _csrf(given.secret).encode()):
        raise Refused(
            403,
            "csrf",
            "the request of a session lacks the right header X-CSRF-Token",
            "Send the value of `csrf` in GET /api/v1/session",
        )


def _csrf(secret: str) -> str:
    """Return what only who has the token, or reads the session's answer, can know; no server keeps it."""
    return hmac.new(secret.encode(), b"alphapulse csrf", hashlib.sha256).hexdigest()
