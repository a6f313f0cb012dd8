"""A throwaway certificate authority for TLS tests, made by the `openssl` program."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """Issues certificates below `folder`; `certificate` is its own, the one that a peer has to trust."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key, self.certificate = folder / "ca.key", folder / "ca.pem"
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", str(self._key), "-out", str(self.certificate)),
        )

    def issue(self, name: str, san: str = "IP:127.0.0.1,DNS:localhost") -> Path:
        """One PEM file with a PKCS8 key and a certificate for `name`, as Kafka's PEM keystores want it."""
        key, request, certificate, both = (self._folder / f"{name}.{end}" for end in ("key", "csr", "crt", "pem"))
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={san}\n")
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
        _openssl(
            *("x509", "-req", "-in", str(request), "-days", "2", "-extfile", str(extensions)),
            *("-CA", str(self.certificate), "-CAkey", str(self._key), "-CAcreateserial", "-out", str(certificate)),
        )
        both.touch(mode=0o600)
        both.write_text(key.read_text() + certificate.read_text())
        return both


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)
