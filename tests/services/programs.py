"""Finds the servers' programs, and says so loudly where there are none."""

import os
import shutil
from pathlib import Path

import pytest

SERVICE_USER = "nobody"
"""Whom servers run as where the tests are root: PostgreSQL refuses to be root, the others need not be."""


def find(program: str) -> str | None:
    """Where a program is. Debian keeps PostgreSQL's out of the PATH, a folder for each version, and some of
    the others where only root looks."""
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places = [os.environ.get("PATH", os.defpath), *map(str, debians), "/usr/sbin"]
    return shutil.which(program, path=os.pathsep.join(places))


def require(*programs: str, package: str) -> list[str]:
    """Where the programs are. Where one is missing the test is skipped, or fails if STORES_TESTS=required."""
    found = [find(program) for program in programs]
    paths = [path for path in found if path]
    if len(paths) == len(programs):
        return paths
    missing = ", ".join(program for program, path in zip(programs, found, strict=True) if not path)
    reason = f"no {missing} here. Install the package {package}, as .ci/run does."
    if os.environ.get("STORES_TESTS") == "required":
        pytest.fail(f"STORES_TESTS=required, and there is {reason}", pytrace=False)
    pytest.skip(reason)


def service_user() -> str | None:
    """The user that a server is started as; None for the one who runs the tests."""
    return SERVICE_USER if os.geteuid() == 0 else None


def give_to_service_user(path: Path) -> None:
    """Let the server write there."""
    if (user := service_user()) is not None:
        shutil.chown(path, user)
