"""Mutations of files, settings and arguments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from tests.files.generate import File
from worker.cli import app as program

ODD = (
    "", " ", "0", "-1", "1", "1.5", "1e999", "nan", "inf", "-inf", str(2**63), str(-(2**70)), "9" * 5_000,
    "true", "None", "null", "\x00", "\udcff", "é", "日本", "../x", "/dev/null", "/proc/none/x", ".", "~", "*", "?",
    "[", "{}", "[]", "a=b", "=", "--", "-", "-h", "1m", "0m", "1y", "999999w", "999999999999w", "1mo", "2024-01-01",
    "2024-13-45", "24:00", "yesterday", "SIM 3", "A,B", "http://x", "x" * 300, "%s", "$HOME", "{", '"', "'", "\n",
    "UTC", "Mars/Olympus", "%d/%m/%Y", "%Q",
)  # fmt: skip
# They would start a broker, a worker or a demo, or write far from the folder: they get arguments that cannot be right.
ALIVE = ("demo", "broker start", "broker run", "broker stop", "worker", "risk", "warmup", "topics create")
HOSTS = (
    "", "127.0.0.1:1", "127.0.0.1:99999", "127.0.0.1:x", "nowhere.invalid:1", "nowhere.invalid", "9" * 5_000, ",", "é"
)  # fmt: skip
SIMPLE = (
    "config",
    "doctor --offline",
    "schema",
    "publish --simulate 2 --bars 3 --dry-run",
    "models list",
    "topics check",
    "verify",
)


def damage(rng: random.Random, path: Path) -> None:
    """Change bytes of a file: flipped, cut, doubled, inserted, replaced by others'; or its name."""
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice((0, 1, 1, 3, 20))):
        at = rng.randrange(len(content) + 1)
        match rng.randrange(7):
            case 0 if content:
                content[min(at, len(content) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                del content[at:]
            case 2:
                del content[:at]
            case 3:
                content[at:at] = rng.randbytes(rng.randint(1, 9))
            case 4:
                content[at:at] = content[at : at + rng.randint(1, 200)]
            case 5:
                content[at:at] = rng.choice(
                    (b"\x00", b"\xff\xfe", b'"', b"\n\n", b"\r", b",,,,", b";", "é".encode("latin-1"))
                )
            case 6:
                content = bytearray(
                    rng.choice(
                        (b"", b"\n", b"PAR1", b"PAR1" * 9, b"PK\x03\x04", b"\x1f\x8b\x08", b"{}", rng.randbytes(99))
                    )
                )
    path.write_bytes(content)


def reading(rng: random.Random, file: File, place: Path, decisions: bytes) -> tuple[str, ...]:
    """A command that reads a file; `decisions` are lines as a backtest writes them."""
    name, out = str(file.path), str(place / "out")
    given = [*file.options, *(_options(rng, "publish") if rng.random() < 0.2 else [])]
    match rng.choice(
        (
            "publish",
            "publish",
            "publish",
            "backtest",
            "backtest",
            "sweep",
            "export",
            "plan",
            "train",
            "recording",
            "models",
        )
    ):
        case "publish":
            return ("publish", name, *given, "--dry-run", *(["--json"] if rng.random() < 0.3 else []))
        case "backtest":
            return ("backtest", name, *given, "--out", out, "-n", "1", *(["--json"] if rng.random() < 0.3 else []))
        case "sweep":
            plan = place / "plan.toml"
            plan.write_text('folds = 1\n[parameters]\n"decision.max_holding_bars" = [10]\n')
            return ("sweep", str(plan), name, *file.options, "--out", out, "-n", "1")
        case "plan":
            plan = place / "plan.toml"
            plan.write_text('draw = "grid"\nfolds = 2\n[parameters]\n"decision.max_holding_bars" = [10, 20]\n')
            damage(rng, plan)
            return ("sweep", str(plan), name, "--out", out, "-n", "1")
        case "export":
            lines = place / "decisions.jsonl"
            lines.write_bytes(rng.choice((decisions, decisions, decisions, b"{}\n", b"null\n")))
            damage(rng, lines)
            return (
                "export",
                str(place / rng.choice(("x.parquet", "x.csv", "x.arrow", "x.odd"))),
                "--input",
                str(lines),
            )
        case "train":
            return ("train", name, *file.options, "--registry", str(place / "models"), "--folds", "1")
        case "recording":
            lines = place / "bars.jsonl"
            lines.write_bytes(b'{"key":"A","value":"{}","ts":1700000000000}\n' * 3)
            damage(rng, lines)
            return ("backtest", str(lines), "--out", out, "-n", "1")
    folder = place / "models" / "m" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"name": "m", "version": "1.0.0"}')
    (folder / "model.onnx").write_bytes(rng.randbytes(50))
    damage(rng, folder / "manifest.json")
    return ("models", rng.choice(("list", "check")), "--registry", str(place / "models"))


def settings(rng: random.Random, place: Path) -> dict[str, str]:
    """Write settings of all sources into a folder, some of them wrong; returns the environment."""
    known = list(_setting_names())
    environment: dict[str, str] = {}
    if rng.random() < 0.6:
        name = rng.choice(known)
        value = rng.choice(HOSTS if name == "kafka.bootstrap_servers" else ODD)
        if rng.random() < 0.2:
            name = _typo(rng, name)
        if not set(name + value) & {"\x00", "\udcff"}:
            environment["ALPHAPULSE_" + name.upper().replace(".", "__")] = value
    if rng.random() < 0.6:
        file = place / "alphapulse.toml"
        lines = [
            f"{_typo(rng, n) if rng.random() < 0.1 else n} = {_toml(rng)}" for n in rng.sample(known, rng.randint(1, 3))
        ]
        file.write_text("\n".join(lines), errors="replace")
        if rng.random() < 0.3:
            damage(rng, file)
    if rng.random() < 0.3:
        (place / ".env").write_text(
            rng.choice(
                (
                    "COMPOSE_PROJECT_NAME=x\n",
                    "ALPHAPULSE_KAFKA__PORT=1\n",
                    "=\n",
                    "ALPHAPULSE_ENGINE=[1\n",
                    "export A='\n",
                    "\x00",
                )
            )
        )
    if rng.random() < 0.2:
        secrets = place / "secrets"
        secrets.mkdir()
        (
            secrets
            / rng.choice(("alphapulse_kafka__sasl_plain_password", "alphapulse_kafka", "alphapulse_nothing__x", "x"))
        ).write_bytes(rng.choice((b"", b"\xff", b"secret\n", b"{", b'{"sasl_plain_password": 1}')))
        environment["ALPHAPULSE_SECRETS_DIR"] = rng.choice(
            (str(secrets), str(place / "none"), str(place / "alphapulse.toml"))
        )
    if rng.random() < 0.1:
        environment["ALPHAPULSE_CONFIG"] = rng.choice(("", "/", "none.toml", str(place), "/dev/null"))
    return environment


def configured(rng: random.Random, place: Path) -> tuple[str, ...]:
    """A command that reads settings and little else."""
    if rng.random() < 0.3:
        bars = place / "bars.csv"
        lines = (f"2024-01-{day:02d},1,2,0.5,1.5,10" for day in range(1, 29))
        bars.write_text("date,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
        return ("backtest", str(bars), "--out", str(place / "out"), "-n", "1")
    return tuple(rng.choice(SIMPLE).split())


def arguments(rng: random.Random) -> tuple[str, ...]:
    """A command line of odd arguments."""
    names = list(_commands())
    name = rng.choice(names)
    given = [*name.split(), *_options(rng, name)]
    if any(name == alive or alive.startswith(name) for alive in ALIVE):
        given.insert(rng.randint(len(name.split()), len(given)), "--no-such-option")
    if rng.random() < 0.1:
        given[0] = _typo(rng, given[0])
    return tuple(value for value in given if "\x00" not in value)


def _options(rng: random.Random, name: str) -> list[str]:
    command = _commands()[name]
    given: list[str] = []
    for parameter in rng.sample(command.params, min(len(command.params), rng.choice((0, 1, 2, 3)))):
        if parameter.param_type_name == "argument":
            given += [rng.choice(ODD) for _ in range(rng.randint(1, 2))]
            continue
        given.append(rng.choice([*parameter.opts, *parameter.secondary_opts]))
        if not getattr(parameter, "is_flag", False) or rng.random() < 0.1:
            given.append(rng.choice(HOSTS if "--bootstrap-servers" in parameter.opts else ODD))
    return given


def _commands() -> dict[str, Any]:
    program._assemble()
    root = typer.main.get_command(program.app)
    found: dict[str, Any] = {}

    def gather(command: Any, path: tuple[str, ...]) -> None:
        if not hasattr(command, "commands"):
            found[" ".join(path)] = command
            return
        for name, inner in command.commands.items():
            gather(inner, (*path, name))

    gather(root, ())
    return found


def _setting_names() -> Iterator[str]:
    from worker.engine.settings import EngineSettings
    from worker.settings import Settings

    def names(model: Any, prefix: str) -> Iterator[str]:
        for name, field in model.model_fields.items():
            if hasattr(field.annotation, "model_fields"):
                yield from names(field.annotation, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}"

    yield from (name for name in names(Settings, "") if name != "engine")
    yield from names(EngineSettings, "engine.")
    yield "engine.instruments.AAPL.tick"


def _typo(rng: random.Random, name: str) -> str:
    at = rng.randrange(len(name))
    return rng.choice((name[:at] + name[at + 1 :], name[:at] + "x" + name[at:], name.upper(), name[::-1], "")) or "x"


def _toml(rng: random.Random) -> str:
    return rng.choice(
        (
            "1",
            "-1",
            "0",
            "1.5",
            "nan",
            "inf",
            "true",
            '""',
            '"x"',
            "[]",
            "[1, 2]",
            "{}",
            "{ a = 1 }",
            "2024-01-01",
            "9" * 40,
            '"1m"',
            "'é'",
            "[[]]",
        )
    )
