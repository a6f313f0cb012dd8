"""The base image: the official Python image where it can be pulled, else one made of Debian packages."""

from __future__ import annotations

import platform
import subprocess
import tempfile
from pathlib import Path

from tests.docker.shell import CommandError, answers, docker, install, run

OFFICIAL = "python:3.12-slim-bookworm"
LOCAL = "alphapulse/debian-python"
PULL_SECONDS = 120.0
PACKAGES = "ca-certificates,python3,python3-venv"


def base_image() -> str:
    """Name of an image with `python3` and `venv`; pulled or made once, then kept by the engine."""
    if pulled(OFFICIAL):
        return OFFICIAL
    name = f"{LOCAL}:{_codename()}"
    if not present(name):
        _make(name)
    return name


def present(image: str) -> bool:
    """Whether the engine has `image`."""
    return answers("docker", "image", "inspect", image)


def pulled(image: str) -> bool:
    """Whether the engine has `image` now, after pulling it if need be."""
    return present(image) or answers("docker", "pull", "--quiet", image, timeout=PULL_SECONDS)


def _codename() -> str:
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def _mirror(codename: str) -> str:
    listing = ("apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(SITE)", "Created-By: Packages")
    for line in run(*listing).splitlines():
        suite, component, site = line.split()
        if (suite, component) == (codename, "main"):
            return site
    raise CommandError(f"apt knows no source for {codename} main: {OFFICIAL} cannot be pulled and no base image made")


def _make(name: str) -> None:
    install("debootstrap", "debootstrap")
    codename = _codename()
    with tempfile.TemporaryDirectory(prefix="alphapulse-base-") as folder:
        command = ("debootstrap", "--variant=minbase", f"--include={PACKAGES}", codename, folder, _mirror(codename))
        run(*command, timeout=300)
        _import(Path(folder), name)


def _import(root: Path, name: str) -> None:
    leave_out = ("./dev/*", "./proc/*", "./sys/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*")
    pack = [
        "tar",
        "--create",
        "--numeric-owner",
        *(f"--exclude={path}" for path in leave_out),
        "--directory",
        str(root),
    ]
    with subprocess.Popen([*pack, "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(["docker", "import", "-", name], stdin=tar.stdout, stdout=subprocess.DEVNULL, check=True)
    if tar.returncode:
        docker("image", "rm", name)
        raise CommandError(f"tar could not read the file system of {name}")
