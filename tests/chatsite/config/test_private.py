"""What the site keeps is for its user only."""

import stat
from pathlib import Path

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
