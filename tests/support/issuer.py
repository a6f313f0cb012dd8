"""An OpenID Connect issuer on this machine: a discovery document, keys, and the tokens that it signs."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

AUDIENCE = "alphapulse"


class Issuer:
    """A running issuer; `keys` may be replaced while it runs."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.discovery: dict[str, Any] = {}
        self.status = 200
        self.keys: list[Any] = [rsa_key("first")]
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked[self.path] += 1
                body = issuer.answer(self.path)
                self.send_response(404 if body is None else issuer.status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Issuer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> Any:
        """What it says at a path."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.discovery
        return KeySet(self.keys).as_dict(private=False) if path == "/keys" else None

    def token(self, key: Any = None, alg: str = "RS256", **claims: Any) -> str:
        """A token by the first key, valid for a minute; a claim of None is left out."""
        now, signer = int(time.time()), key or self.keys[0]
        given = {"iss": self.url, "aud": AUDIENCE, "sub": "ann", "iat": now, "exp": now + 60, "roles": ["traders"]}
        kept = {name: value for name, value in (given | claims).items() if value is not None}
        return jwt.encode({"alg": alg, "kid": signer.kid}, kept, signer, algorithms=[alg])


def rsa_key(kid: str) -> RSAKey:
    """A new key."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def ec_key(kid: str) -> ECKey:
    """A new key of an elliptic curve."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})
