"""The test cases beside this file, run by Django's own runner, on SQLite in memory."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_django_runs_them_with_sqlite_in_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "django", "test", "tests.streaming.testing.test_in_test_cases"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.streaming.testing.settings_in_memory"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "\nOK\n" in done.stderr
    assert "Error" not in done.stderr
