"""axe-core in a page: violations of WCAG 2.2 AA as axe finds them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Page

from worker.gateway.scripts import install
from worker.paths import cache_dir

HERE = Path(__file__).parent
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def script() -> str:
    """The script, which npm brings once, compared with the hash of the lock file."""
    lock = (HERE / "package-lock.json").read_bytes()
    version = HERE.joinpath("package.json").read_text(encoding="utf-8").split('"axe-core": "')[1].split('"')[0]
    kept = cache_dir() / "tests" / f"axe-{version}-{hash_of(lock)}.js"
    if not kept.is_file():
        with TemporaryDirectory(prefix="alphapulse-axe-") as scratch:
            place = Path(scratch)
            for name in ("package.json", "package-lock.json"):
                copyfile(HERE / name, place / name)
            install(place)
            kept.parent.mkdir(parents=True, exist_ok=True)
            draft = kept.with_suffix(".new")
            copyfile(place / "node_modules" / "axe-core" / "axe.min.js", draft)
            draft.replace(kept)
    return kept.read_text(encoding="utf-8")


def hash_of(data: bytes) -> str:
    """A short name of these bytes."""
    from hashlib import sha256

    return sha256(data).hexdigest()[:12]


async def violations(page: Page) -> list[str]:
    """Each violation with the places that have it."""
    await page.evaluate(script())
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: "
        + "; ".join(" ".join(map(str, node["target"])) for node in one["nodes"][:5])
        for one in found["violations"]
    ]
