"""Workflows run what anybody can run, with few rights and pinned actions, and name files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.pages import ROOT, files_in
from worker import __version__

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+@v\d+")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", ())]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_have_few_rights_pinned_actions_and_a_time_limit(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"].values()
    assert all("timeout-minutes" in job for job in jobs if "uses" not in job)
    used = [each["uses"] for each in (*jobs, *steps(path)) if "uses" in each]
    assert used
    for name in used:
        assert (ROOT / name).is_file() if name.startswith("./") else PINNED.fullmatch(name), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_name_files_that_exist(path: Path) -> None:
    given = [str(value) for step in steps(path) for value in (step.get("run", ""), *step.get("with", {}).values())]
    assert {name for name in files_in("\n".join(given)) if not (ROOT / name).exists()} == set()


def test_ci_runs_what_anybody_can_run_and_a_release_needs_it() -> None:
    assert any(step.get("run", "").endswith(" .ci/run") for step in steps(FOLDER / "ci.yml"))
    release = FOLDER / "release.yml"
    jobs = read(release)["jobs"]
    assert jobs["ci"] == {"uses": "./.github/workflows/ci.yml"}
    assert [jobs[name]["needs"] for name in ("kernels", "wheel", "image")] == ["ci", "kernels", "wheel"]
    text = release.read_text()
    for part in (
        "worker.kernels.finished",
        "hatchling build",
        "--require-hashes",
        "docker/build-push-action",
        "sbom: true",
        "sbom-action",
    ):
        assert part in text


def test_a_release_has_an_image_for_each_lock_of_workers() -> None:
    job = read(FOLDER / "release.yml")["jobs"]["image"]
    images = {each["lock"]: each["image"] for each in job["strategy"]["matrix"]["include"]}
    assert set(images) == {path.name for path in ROOT.glob("requirements-worker*.lock")}
    for lock, image in images.items():
        assert lock == f"requirements-{image.removeprefix('alphapulse-')}.lock"
    (build,) = (step["with"] for step in job["steps"] if step.get("uses", "").startswith("docker/build-push-action"))
    assert "LOCK=${{ matrix.lock }}" in build["build-args"]
    assert "matrix.image" in job["env"]["IMAGE"]


def test_every_place_has_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert f"ARG VERSION={__version__}\n" in (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    for image in ("alphapulse-worker", "alphapulse-worker-archive"):
        assert f"{image}:{__version__}}}" in (ROOT / "deploy" / "compose" / "compose.yaml").read_text()
    assert f"## [{__version__}] - " in (ROOT / "CHANGELOG.md").read_text()
