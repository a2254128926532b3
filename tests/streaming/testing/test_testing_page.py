"""docs/streaming/testing.md: its blocks are one module of tests, which pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/streaming/testing.md"


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "test_page.py").write_text("\n\n".join(blocks))
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.streaming.testing.settings_in_memory",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "streaming.testing.pytest_plugin", "test_page.py"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    tests = sum(len(re.findall(r"^ *def test_", block, re.MULTILINE)) for block in blocks)
    assert f"{tests} passed" in done.stdout, done.stdout + done.stderr
