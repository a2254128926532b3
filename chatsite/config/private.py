"""What the site keeps is for nobody else on the machine to read."""

import contextlib
import os
from pathlib import Path


def keep_to_ourselves(data_dir: Path) -> None:
    """Whatever this process makes from now on is its user's only; so is the data directory, and the SQLite
    database in it, whoever made them. What belongs to another user stays as it is."""
    os.umask(0o077)
    data_dir.mkdir(parents=True, exist_ok=True)
    for path, mode in ((data_dir, 0o700), *((file, 0o600) for file in data_dir.glob("db.sqlite3*"))):
        # SQLite's journal comes and goes while another process of the site writes.
        with contextlib.suppress(PermissionError, FileNotFoundError):
            path.chmod(mode)
