"""The package without its site: it does without OpenAI's packages, and its wheel, where nothing else is
installed, does what the first hour of the docs says, block by block.

An installation takes a minute, so `make test` lays the wheel beside the packages that are there. With
PACKAGE_TESTS=all it is installed with each Python and each Django that can be had.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server import free_port
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
FIRST_HOUR = ROOT / "docs/streaming/start.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:# |<!-- )(?P<path>[\w/]+\.\w+)(?P<at_its_end>, at its end)?(?: -->)?\n")
INSTALLING = "/path/to/the/checkout"
COMBINATIONS = [("3.11", "5.2"), ("3.12", "5.2"), ("3.12", "6.0"), ("3.13", "5.2"), ("3.13", "6.0")]
"""Pythons and Djangos. Django 6 needs Python 3.12."""


def blocks() -> list[tuple[str, str]]:
    """The page's blocks: language and text."""
    return BLOCK.findall(FIRST_HOUR.read_text())


def files() -> dict[str, str]:
    """What stands in each file of the page, without the line that names it."""
    found = ((FILE.match(text), text) for language, text in blocks() if language != "bash")
    return {named["path"]: text[named.end() :] for named, text in found if named}


def test_the_version_is_the_newest_release_of_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = re.findall(
        r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )

    assert released[0] == version


# Without OpenAI's packages

WITHOUT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"langchain_openai", "openai", "httpx2", "httpcore2"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())

import streaming
from streaming.testing import ScriptedModel

print(list(streaming.stream(ScriptedModel("Hello"), "Hi").tokens()))
for name in ("ChatOpenAI", "OpenAI", "http_client"):
    try:
        exec(f"from streaming.upstream import {name}")
    except ImportError as exc:
        print(exc)
"""


def test_streaming_does_without_openai_and_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    tokens, *refusals = done.stdout.splitlines()
    assert tokens == "[('Hello', 'Hello')]"
    assert len(refusals) == 3
    for name, refusal in zip(("ChatOpenAI", "OpenAI", "http_client"), refusals, strict=True):
        assert re.fullmatch(
            rf"streaming\.upstream\.{name} needs \w+: pip install 'streaming-chat\[openai\]'", refusal
        )


# The first hour


class Stranger:
    """Somebody who does what the page says, in an empty folder."""

    def __init__(self, folder: Path, environment: dict[str, str], upstream: ScriptedUpstream) -> None:
        self.folder = folder
        self._environment = environment | {"OPENAI_BASE_URL": upstream.url}
        self._upstream = upstream

    def follow(self, page: list[tuple[str, str]]) -> None:
        """Write the files and run the commands, in their order."""
        for language, text in page:
            if language == "bash":
                self._run(text)
            else:
                self._write(text)

    def _write(self, text: str) -> None:
        named = FILE.match(text)
        assert named, f"a block says which file it is in its first line:\n{text}"
        path = self.folder / named["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if named["at_its_end"] else "") + text)

    def _run(self, commands: str) -> None:
        *before, last = commands.splitlines()
        if last.endswith("runserver"):
            self.bash("\n".join(before))
            self._visit(last)
        else:
            self.bash(commands)

    def bash(self, commands: str) -> None:
        process = self._start(commands, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = process.communicate()
        assert process.returncode == 0, f"{commands}\n{said}"

    def _start(self, commands: str, **streams: Any) -> "subprocess.Popen[str]":
        enter = "if [ -e .venv ]; then . .venv/bin/activate; fi\n"
        arguments = ["bash", "-euc", f"{enter}{commands}"]
        return subprocess.Popen(arguments, cwd=self.folder, env=self._environment, text=True, **streams)

    def _visit(self, serve: str) -> None:
        """Ask on the page while it is served, read on, and find the reply stored."""
        address = f"127.0.0.1:{free_port()}"
        asked = self._upstream.gate()
        self._upstream.enqueue(Reply("Very", " cool.", headers_after=asked))
        with (self.folder / "served.log").open("w") as log:
            process = self._start(f"exec env {serve} --noreload {address}", stdout=log, stderr=log)
        with ending(process), visitor(address) as visits:
            wait_until(lambda: answers(visits))
            page = visits.get("/").text
            page = visits.post("/", data={"question": "How cool?", "csrfmiddlewaretoken": token(page)}).text
            follow = re.search(r'EventSource\("([^"]+)"\)', page)
            assert follow, page
            asked.open()
            events = visits.get(follow[1]).text
            assert '"status":"done"' in events, events
            assert "Very cool." in visits.get("/").text


@contextmanager
def ending(process: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def visitor(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address}", follow_redirects=True, timeout=30) as client:
        yield client


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").is_success
    except httpx.TransportError:
        return False


def token(page: str) -> str:
    """The CSRF token of the page's form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]


def bare_environment(**more: str) -> dict[str, str]:
    """None of the tests' own settings, and no package of theirs."""
    kept = {"PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "XDG_CONFIG_DIRS"}
    inherited = {name: value for name, value in os.environ.items() if name in kept or name.startswith("PIP_")}
    return inherited | more


def test_the_first_hour_takes_fewer_than_fifty_lines() -> None:
    lines = [line for text in files().values() for line in text.splitlines()]

    assert 0 < len([line for line in lines if line and not line.startswith(("import ", "from "))]) < 50


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a wheel is made of: to build one leaves files behind."""
    copy = tmp_path_factory.mktemp("package") / "checkout"
    shutil.copytree(ROOT / "streaming", copy / "streaming", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


def test_a_wheel_does_the_first_hour(checkout: Path, tmp_path: Path, upstream: ScriptedUpstream) -> None:
    wheel, folder = tmp_path / "wheel", tmp_path / "site"
    folder.mkdir()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    stranger = Stranger(folder, bare_environment(PATH=path, PYTHONPATH=str(wheel)), upstream)
    (language, install), *rest = blocks()
    commands = install.splitlines(keepends=True)
    begin = "".join(line for line in commands if not line.startswith(("python3 -m venv", ". ", "pip ")))

    stranger.bash(f"python -m pip install --quiet --no-deps --target {wheel} {checkout}")
    stranger.follow([(language, begin), *rest])

    assert {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")} == {"streaming"}
    assert (wheel / "streaming/py.typed").exists()


@pytest.mark.skipif(
    os.environ.get("PACKAGE_TESTS") != "all",
    reason="to install everything takes minutes: PACKAGE_TESTS=all does",
)
@pytest.mark.parametrize(("python", "django"), COMBINATIONS)
def test_an_installation_does_the_first_hour(
    python: str, django: str, checkout: Path, tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(f"django=={django}.*\n")
    names = tmp_path / "bin"
    names.mkdir()
    (names / "python3").write_text(f'#!/bin/sh\nexec {interpreter(python)} "$@"\n')
    (names / "python3").chmod(0o755)
    environment = bare_environment(
        PATH=os.pathsep.join([str(names), os.environ["PATH"]]), PIP_CONSTRAINT=str(constraints)
    )
    folder = tmp_path / "site"
    folder.mkdir()
    stranger = Stranger(folder, environment, upstream)
    (language, install), *rest = blocks()

    stranger.follow([(language, install.replace(INSTALLING, str(checkout))), *rest])

    stranger.bash("pip check")


def interpreter(version: str) -> Path:
    """The Python of that version; skips the test where there is none that works."""
    name = f"python{version}"
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    pyenvs = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin"))
    for found in (folder / name for folder in [*pyenvs, *folders]):
        if found.exists() and subprocess.run([found, "-c", "import venv"], check=False).returncode == 0:
            return found
    pytest.skip(f"there is no Python {version} here")
