"""The hooks of a commit run what `make check` runs."""

from __future__ import annotations

import re
import subprocess

import yaml

from tests.contract.pages import ROOT

CHECK = re.compile(r"^\S+/(?:ruff|mypy|lint-imports)\b.*$", re.MULTILINE)


def test_hooks_run_the_checks_of_make_on_what_changed() -> None:
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    assert {hook["language"] for hook in repo["hooks"]} == {"system"}
    made = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    checks = {re.sub(r"( --check)?( \.)?$", "", line) for line in CHECK.findall(made)}
    assert len(checks) == 4
    assert {hook["entry"].removesuffix(" --force-exclude") for hook in repo["hooks"]} == checks
