"""What is done before a server starts."""

import subprocess
import sys
from pathlib import Path

from tests.server import ROOT, copy_prepared, environment

LOADED = """
import sys
from chatsite import boot
sys.exit(boot.main(boot.check) or " ".join({"langchain_core", "openai"} & set(sys.modules)))
"""


def test_the_check_loads_no_langchain(prepared: Path, tmp_path: Path) -> None:
    data_dir = copy_prepared(prepared, tmp_path / "data")

    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env=environment(data_dir, CHAT_ALLOW_GUESTS="on"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.strip() == ""
