"""A token file with one token for each role, for gateways under test."""

from __future__ import annotations

from pathlib import Path

from worker.gateway.auth.tokens import digest

SECRETS = {"read": "r" * 40, "operate": "o" * 40, "admin": "a" * 40}
EXPIRED = "e" * 40


def token_file(folder: Path) -> Path:
    """Tokens whose labels are their roles; and `old`, an admin's that has expired."""
    file = folder / "tokens.toml"
    entries = [entry(role, role, secret) for role, secret in SECRETS.items()]
    file.write_text("\n".join([*entries, f"{entry('old', 'admin', EXPIRED)}expires = 2020-01-01T00:00:00Z\n"]))
    return file


def entry(label: str, role: str, secret: str) -> str:
    """The lines of a token."""
    return f'[[token]]\nlabel = "{label}"\nrole = "{role}"\nsha256 = "{digest(secret)}"\n'
