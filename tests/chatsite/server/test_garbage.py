"""A collection of all objects leaves out what a worker has loaded."""

import os
import subprocess
import sys

from tests.server import INHERITED, ROOT

LOADED = """
import gc
import django
import langchain_core.messages
from chatsite.server.garbage import keep_collections_short

before = len(gc.get_objects())
keep_collections_short()
print(before, len(gc.get_objects()), gc.get_threshold()[2])
"""


def test_what_is_loaded_is_left_out() -> None:
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    command = [sys.executable, "-c", LOADED]
    printed = subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    before, left, collections_between = map(int, printed.split())
    assert left < before / 100
    assert collections_between == 50
