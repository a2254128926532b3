"""The key of an installation that was given none."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.config.secret_key import secret_key
from tests.server import ROOT

# Waits for a line, so that all processes are loaded, and then ask at the same moment.
ASK = """
import sys
from pathlib import Path
from chatsite.config.secret_key import secret_key
print("loaded", flush=True)
sys.stdin.readline()
print(secret_key(Path(sys.argv[1])))
"""


def test_six_processes_at_once_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret-key"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=30)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 6
    assert keys == {secret_key(path)}
    assert [file.name for file in path.parent.iterdir()] == ["secret-key"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    path.write_text("canary")
    with pytest.raises(ImproperlyConfigured, match="damaged: remove it") as error:
        secret_key(path)
    assert "canary" not in str(error.value)


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match="set SECRET_KEY, or DATA_DIR"):
        secret_key(tmp_path / "file" / "secret-key")
