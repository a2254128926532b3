"""The recipes do what they print: every block runs as it stands there, against a scripted provider.

The blocks of a page run in order, with one namespace, as if they were typed one after the other. Comments
in the pages, which a reader does not see, say what is needed besides:

    <!-- provider: say("Hel|lo") -->      what the provider answers: `say`, `when`, `embeddings`, or
                                          tests/upstream's words
    <!-- post ask: question=Hi -->        the view `ask` is sent that form, and what it answers is printed
    <!-- get follow(answer["run"]) -->    the view `follow` is called with that argument, made from the page's
                                          names and `answer`, the last JSON that a view has sent; after a
                                          colon there may be headers

A `text` block is what the Python block or the call before it prints; `...` in it stands for anything.
"""

import asyncio
import contextlib
import doctest
import inspect
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.http import HttpRequest
from django.test import AsyncRequestFactory, RequestFactory

from tests import upstream as scripted
from tests.streaming.durable_runs import a_process
from tests.upstream import Embeddings, Reply, Request, ScriptedUpstream
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
RECIPES = ROOT / "docs/recipes"
OVERVIEW = RECIPES / "README.md"
PACKAGE = ROOT / "docs/streaming"
ELSEWHERE = {
    OVERVIEW,
    RECIPES / "own-assistant.md",
    *(PACKAGE / f"{name}.md" for name in ("start", "testing", "reference")),
}
"""Pages whose blocks other tests run, or that have none."""
PAGES = sorted({*RECIPES.glob("*.md"), *PACKAGE.glob("*.md")} - ELSEWHERE)
DURABLE = RECIPES / "durable-runs.md"
SAMPLES = {"0": 3, "1": 3, "2": 11, "3": 3, "4": 3}
"""How many samples of code each of the five articles has."""

PART = re.compile(
    r"^<!-- (?P<comment>provider|post|get)\b ?(?P<said>.*?) -->$|^```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def say(text: str, **options: Any) -> Reply:
    """A reply whose tokens are divided by bars."""
    return Reply(*text.split("|"), **options)


def when(word: str, reply: Reply) -> Callable[[Request], Reply | None]:
    """A reply for those requests that have the word in them, in whatever order they come."""
    return lambda request: reply if word in request.body.decode() else None


def embeddings(*words: str) -> Embeddings:
    """Vectors that tell which of the words a text has."""
    return Embeddings(lambda text: [0.01 + text.lower().count(word) for word in words])


def always(reply: Embeddings) -> Callable[[Request], Embeddings]:
    return lambda _: reply


WORDS = {name: getattr(scripted, name) for name in scripted.__all__} | {
    function.__name__: function for function in (say, when, embeddings)
}


class Page:
    """One recipe at work."""

    def __init__(self, path: Path, upstream: ScriptedUpstream) -> None:
        self._path = path
        self._upstream = upstream
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._printed = ""
        self._answer: Any = None

    def parts(self) -> Iterator[tuple[str, str]]:
        """The comments and blocks, in order: what each is, and its text."""
        for part in PART.finditer(self._path.read_text()):
            yield (part["comment"] or part["language"]), (part["said"] or part["body"] or "")

    def run(self) -> None:
        """Do all of it. Fails where what is printed is not what the page shows."""
        for kind, text in self.parts():
            if kind == "text":
                self.check(text)
                continue
            self.nothing_unsaid()
            if kind == "provider":
                self.prepare(text.removeprefix(":"))
            elif kind in {"get", "post"}:
                self._printed = self.called(kind, *text.split(": ", 1))
            elif kind == "python":
                self._printed = self.executed(text)
        self.nothing_unsaid()

    def prepare(self, replies: str) -> None:
        for reply in eval(f"({replies},)", dict(WORDS)):  # noqa: S307 - our own
            if callable(reply):
                self._upstream.on(reply)
            elif isinstance(reply, Embeddings):
                self._upstream.on(always(reply), path="/v1/embeddings")
            else:
                self._upstream.enqueue(reply)

    def check(self, shown: str) -> None:
        checker = doctest.OutputChecker()
        if not checker.check_output(shown, self._printed, doctest.ELLIPSIS):
            difference = checker.output_difference(
                doctest.Example("", shown), self._printed, doctest.ELLIPSIS
            )
            pytest.fail(f"{self._path.name}:\n{difference}")
        self._printed = ""

    def nothing_unsaid(self) -> None:
        assert self._printed == "", f"{self._path.name} does not show what it prints: {self._printed!r}"

    def executed(self, source: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(source, self._path.name, "exec"), self._names)  # noqa: S102 - our own
        return ended(out.getvalue())

    def called(self, method: str, call: str, said: str = "") -> str:
        name, _, given = call.removesuffix(")").partition("(")
        view = self._names[name]
        names = self._names | {"answer": self._answer}
        arguments = eval(f"({given},)", names) if given else ()  # noqa: S307 - our own
        if inspect.iscoroutinefunction(view):
            return asyncio.run(self.acalled(view, request(AsyncRequestFactory(), method, said), *arguments))
        response = view(request(RequestFactory(), method, said), *arguments)
        with contextlib.closing(response):
            return self.sent(b"".join(response))

    async def acalled(self, view: Callable[..., Any], *arguments: Any) -> str:
        response = await view(*arguments)
        with contextlib.closing(response):
            return self.sent(b"".join([frame async for frame in response]))

    def sent(self, body: bytes) -> str:
        with contextlib.suppress(ValueError):
            self._answer = json.loads(body)
        return ended(body.decode())


def request(factory: RequestFactory | AsyncRequestFactory, method: str, said: str) -> HttpRequest:
    """A form is said after `post`, headers are after `get`."""
    values = dict(parse_qsl(said))
    return factory.post("/", values) if method == "post" else factory.get("/", headers=values)


def ended(printed: str) -> str:
    """A block in a page ends in a newline, whether or not what it shows did."""
    return printed if not printed or printed.endswith("\n") else f"{printed}\n"


@pytest.fixture
def provider(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> ScriptedUpstream:
    """The scripted provider in OpenAI's place."""
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
    return upstream


def _is_over(request: Request) -> bool:
    return request.answered.is_set() or request.peer_closed.is_set()


@pytest.mark.parametrize("path", sorted({*PAGES} - {DURABLE}), ids=lambda path: path.stem)
def test_every_block_runs_and_prints_what_the_page_shows(path: Path, provider: ScriptedUpstream) -> None:
    Page(path, provider).run()
    all_is_over(provider)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_view_of_a_page_is_called(path: Path) -> None:
    page = path.read_text()
    views = re.findall(r"^@require_\w+\n(?:async )?def (\w+)", page, re.MULTILINE)

    assert set(views) == set(re.findall(r"^<!-- (?:post|get) (\w+)", page, re.MULTILINE))


@pytest.mark.django_db(transaction=True)
def test_every_block_about_durable_runs_does(provider: ScriptedUpstream) -> None:
    with a_process():
        Page(DURABLE, provider).run()
        all_is_over(provider)


def all_is_over(provider: ScriptedUpstream) -> None:
    for request in provider.requests:  # answered to the end, or left, and then closed
        wait_until(partial(_is_over, request), timeout=1)


def test_a_recipe_runs_as_a_script_in_which_django_is_not_configured(provider: ScriptedUpstream) -> None:
    page = Page(RECIPES / "queue-callback.md", provider)
    source = next(text for kind, text in page.parts() if kind == "python")
    provider.enqueue(say("Very| cool|."))
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("'Very cool.'\n")


# The table of samples


def rows() -> list[list[str]]:
    """Article, sample, what it showed, links to recipes."""
    lines = re.findall(r"^\| (\d .*) \|$", OVERVIEW.read_text(), re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_every_sample_of_the_articles_has_its_row() -> None:
    numbered = [(article, sample) for article, sample, *_ in rows()]

    assert numbered == [
        (article, str(number)) for article, count in SAMPLES.items() for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("row", rows(), ids=lambda row: "-".join(row[:2]))
def test_every_row_leads_to_a_block_that_is_run(row: list[str]) -> None:
    links = re.findall(r"\]\(([\w-]+\.md)#([\w-]+)\)", row[3])
    assert links

    for name, anchor in links:
        assert RECIPES / name in PAGES
        assert "```python\n" in section((RECIPES / name).read_text(), anchor)


def section(text: str, anchor: str) -> str:
    """The part of a page under the heading that the anchor leads to, without the parts below it."""
    parts = re.split(r"^#+ (.+)\n", text, flags=re.MULTILINE)
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        if re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") == anchor:
            return body
    pytest.fail(f"there is no heading for #{anchor}")


def test_every_page_is_linked_from_the_overview() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)", OVERVIEW.read_text()))

    assert linked == {path.name for path in RECIPES.glob("*.md")} - {OVERVIEW.name}
