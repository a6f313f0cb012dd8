"""Callers by tokens of an OpenID Connect issuer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError

from worker.errors import ConfigError
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.headers import CHALLENGE
from worker.gateway.auth.issuer import Issuer, IssuerAway
from worker.gateway.auth.roles import ROLES
from worker.gateway.resources.problem import Refused
from worker.settings.gateway import OidcSettings, Role

MAX_WHO = 200


class Oidc:
    """The check of one issuer's tokens."""

    def __init__(self, settings: OidcSettings) -> None:
        """Create it.

        Raises:
            ConfigError: the settings name no issuer, audience or role.
        """
        if not settings.audience or not settings.roles:
            raise ConfigError(
                "gateway.auth=oidc needs gateway.oidc.issuer, audience and roles",
                "Set gateway.oidc.audience, and under gateway.oidc.roles which role each value of the claim has",
            )
        self._settings, self.issuer = settings, Issuer(settings.issuer)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=settings.leeway_s,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            exp={"essential": True},
        )

    async def caller(self, secret: str) -> Caller:
        """Return whom a token names.

        Raises:
            Refused: it is not valid, names nobody, or gives no role; or the issuer does not answer.
        """
        try:
            keys = await self.issuer.keys(_kid(secret))
            token = jwt.decode(secret, keys, algorithms=list(self._settings.algorithms))
            self._claims.validate(token.claims)
        except IssuerAway:
            raise Refused(
                503, "unavailable", "the issuer of tokens does not answer", "Try again", {"Retry-After": "5"}
            ) from None
        except ExpiredTokenError:
            raise _refused("the token has expired", "Get a new one from the issuer") from None
        except (JoseError, ValueError, TypeError, RecursionError, OverflowError) as error:
            # What the library says may quote the token: only the kind of its error is told.
            raise _refused(f"the token is not valid ({type(error).__name__})", "Get one for this audience") from None
        return Caller(self._who(token.claims), self._role(token.claims), "oidc")

    def _who(self, claims: dict[str, Any]) -> str:
        who = claim(claims, self._settings.who_claim)
        if not isinstance(who, str) or not 0 < len(who) <= MAX_WHO or not who.isprintable():
            raise _refused("the token does not say who it is", f"Its claim {self._settings.who_claim} must")
        return who

    def _role(self, claims: dict[str, Any]) -> Role:
        given = claim(claims, self._settings.role_claim)
        values = given if isinstance(given, list) else given.split() if isinstance(given, str) else []
        found = [self._settings.roles[value] for value in _known(values, self._settings.roles)]
        if isinstance(given, str) and given in self._settings.roles:
            found.append(self._settings.roles[given])
        if not found:
            raise Refused(
                403,
                "forbidden",
                "the token gives no role here",
                f"An administrator maps a value of the claim {self._settings.role_claim} to a role",
            )
        return max(found, key=ROLES.index)


def claim(claims: dict[str, Any], name: str) -> Any:
    """Return a claim by its name, or by a path such as `realm_access.roles`; None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _known(values: list[Any], roles: dict[str, Role]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and value in roles)


def _kid(secret: str) -> str | None:
    """Return the key's id as the token claims it, before anything is trusted."""
    head = secret.partition(".")[0]
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError):
        return None
    kid = found.get("kid") if isinstance(found, dict) else None
    return kid if isinstance(kid, str) else None


def _refused(detail: str, fix: str) -> Refused:
    return Refused(401, "unauthenticated", detail, fix, CHALLENGE)
