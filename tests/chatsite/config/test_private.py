"""What the site keeps is for its user only."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsite.config.private import keep_to_ourselves
from tests.server import prepare


def test_the_data_directory_is_private_whoever_made_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    data_dir.chmod(0o755)
    (data_dir / "db.sqlite3").touch()
    (data_dir / "db.sqlite3").chmod(0o644)

    prepare(data_dir)

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    kept = [path for path in data_dir.iterdir() if path.name != "static"]  # which everybody may have
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


@pytest.fixture
def same_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("same_umask")
def test_a_journal_that_is_gone_before_its_turn(tmp_path: Path) -> None:
    """SQLite deletes it at the end of a transaction. A link to nothing stands for the file that is gone."""
    gone = tmp_path / "db.sqlite3-journal"
    gone.symlink_to(tmp_path / "deleted")
    (tmp_path / "db.sqlite3").touch(0o644)

    keep_to_ourselves(tmp_path)

    assert stat.S_IMODE((tmp_path / "db.sqlite3").stat().st_mode) == 0o600
