"""A disk that a test can fill: a file system of its own, in memory."""

import contextlib
import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.daemon import PATIENCE, folder
from tests.services.programs import give_to_service_user, require


class SmallDisk:
    """A file system at `path`, where the servers can write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Nothing more fits on it (ENOSPC), until the end of the context."""
        ballast = self.path / "ballast"
        try:
            _fill(ballast)
            yield
        finally:
            ballast.unlink()


@contextlib.contextmanager
def small(*, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of that size, until the end of the context. The test is skipped where none may be mounted: in
    many containers, and where the tests are not root."""
    mount, umount = require("mount", "umount", package="mount")
    with folder("disk") as place:
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs"]
        done = subprocess.run(
            [mount, *options, str(place)], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode:
            pytest.skip(f"no disk of a test's own can be mounted here. {done.stderr.strip()}")
        try:
            give_to_service_user(place)
            yield SmallDisk(place)
        finally:
            subprocess.run([umount, "--lazy", str(place)], timeout=PATIENCE, check=True)


def _fill(ballast: Path) -> None:
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
