"""The docs hold: what they name exists, what exists is named, examples run, links lead somewhere."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.http import StreamingHttpResponse
from django.test import RequestFactory, override_settings

from chatsite.accounts import limits
from chatsite.chat.rendering.blocks import Block
from chatsite.chat.rendering.growing import Open
from streaming import errors, events, stream
from streaming.conf import Conf, get_conf
from tests.site import Site
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "docs/architecture.md"
RELIABILITY = ROOT / "docs/reliability.md"
SECURITY = ROOT / "docs/security.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
CONFIGURATION = ROOT / "docs/configuration.md"
PROTOCOL = ROOT / "docs/protocol.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

# Variables in docs/configuration.md that gunicorn reads, not we.
GUNICORNS = {"WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"}
# Codes that Django's form fields give to errors; the others are in our sources.
DJANGOS = {"invalid"}
MAY_BE_FILES = {"env.given", "env.secret", "env.redis_url"}
"""Readers that take NAME_FILE as well."""

CODE = re.compile(r"`([^`]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOURCES = [path for path in sorted(ROOT.glob("chatsite/**/*.py")) if "migrations" not in path.parts]


# Reading the docs


def section(page: Path, heading: str) -> str:
    """What follows a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    _, found, rest = f"\n{page.read_text()}".partition(f"\n{heading}\n")
    assert found, f"{page.name} has no {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", prose(rest), maxsplit=1, flags=re.MULTILINE)[0]


def prose(text: str) -> str:
    """The text without its code blocks."""
    return FENCE.sub("", text)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row of every table, without heads."""
    for table in re.findall(r"^\|[^\n]*\|\n\| ?-[^\n]*\|\n((?:\|[^\n]*\|\n?)+)", text, re.MULTILINE):
        for line in table.splitlines():
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def codes(cell: str) -> list[str]:
    """What is set in a fixed-width font."""
    return CODE.findall(cell)


def first_column(text: str) -> list[str]:
    return [code for row in rows(text) for code in codes(row[0])]


def run_example(page: Path, word: str, **names: Any) -> dict[str, Any]:
    """Run the page's one Python example that has `word`, with `names`; returns all names after it."""
    (source,) = [body for body in examples(page, "python") if word in body]
    exec(compile(source, page.name, "exec"), names)  # noqa: S102 - our own
    return names


def examples(page: Path, language: str) -> list[str]:
    return [body for found, body in FENCE.findall(page.read_text()) if found == language]


# Reading the code


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the dotted name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def constants(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Names that modules give to strings."""
    return {
        target.id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def variables_read() -> set[str]:
    """The environment variables that chatsite reads: `env.<reader>(NAME)` and `os.environ.get(NAME)`."""
    trees = [ast.parse(path.read_text()) for path in SOURCES]
    names = constants(trees)
    found: set[str] = set()
    for tree in trees:
        for called, call in calls(tree):
            if call.args and (re.fullmatch(r"env\.(?!refuse)\w+", called) or called == "os.environ.get"):
                name = call.args[0]
                known = names.get(ast.unparse(name).rpartition(".")[2])
                if value := str(name.value) if isinstance(name, ast.Constant) else known:
                    found.update({value, f"{value}_FILE"} if called in MAY_BE_FILES else {value})
    return found


def defaults() -> dict[str, float]:
    """The variables that are numbers by themselves, with those that they are."""
    found = {}
    for path in SOURCES:
        for called, call in calls(ast.parse(path.read_text())):
            if called in {"env.integer", "env.seconds"} and isinstance(call.args[1], ast.Constant):
                found[ast.literal_eval(call.args[0])] = float(ast.literal_eval(call.args[1]))
    return found


def refusals() -> set[str]:
    """The error codes of chatsite's answers: in `error(request, status, code, ...)` and in its forms."""
    found = set(DJANGOS)
    for path in SOURCES:
        for called, call in calls(ast.parse(path.read_text())):
            if called == "error" and isinstance(code := call.args[2], ast.Constant):
                found.add(str(code.value))
            for keyword in call.keywords:
                if called.endswith("ValidationError") and keyword.arg == "code":
                    found.add(ast.literal_eval(keyword.value))
                if keyword.arg == "error_messages" and isinstance(keyword.value, ast.Dict):
                    found.update(ast.literal_eval(key) for key in keyword.value.keys if key)
    return found


def event_classes() -> Iterator[type[events.BaseEvent]]:
    """Those of streaming.events that have a name on the wire; the others are their bases."""
    for cls in vars(events).values():
        if isinstance(cls, type) and issubclass(cls, events.BaseEvent) and hasattr(cls, "event"):
            yield cls


def keys_on_the_wire(cls: type[events.BaseEvent]) -> set[str]:
    """The keys that an event's data can have."""
    own = [field for field in fields(cls) if field.name != "id"]
    needed: dict[str, Any] = {field.name: "x" for field in own if field.default is MISSING}
    given = [needed, *(needed | {field.name: "x"} for field in own if field.name not in needed)]
    return {key for values in given for key in cls(**values).data()}


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    extras = project["project"]["optional-dependencies"].values()
    wanted = project["project"]["dependencies"] + [name for group in [*extras, *groups] for name in group]
    of_scripts: dict[str, str] = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    return {re.split(r"[\[<>=;~! ]", name)[0] for name in wanted} | of_scripts.keys()


# docs/configuration.md


def test_every_variable_that_is_read_is_documented_and_the_other_way_round() -> None:
    variables = section(CONFIGURATION, "# Configuration").split("\n## The `streaming` app")[0]
    assert variables_read() == set(first_column(variables)) - GUNICORNS


def test_every_number_is_documented_as_it_is() -> None:
    documented = {codes(row[0])[0]: row[1] for row in rows(CONFIGURATION.read_text()) if codes(row[0])}
    wrong = {name: number for name, number in defaults().items() if documented[name] != f"{number:.15g}"}
    assert wrong == {}


def test_every_limit_is_documented_with_its_time() -> None:
    """Those that a time ends; the others are of what goes on, or is stored."""
    times = {limits.MINUTE: "minute", limits.HOUR: "hour", limits.DAY: "day"}
    documented = {codes(row[0])[0]: row[-1] for row in rows(section(CONFIGURATION, "## Limits"))}
    for name, limit in limits.LIMITS.items():
        if limit.seconds:
            assert re.search(rf"\ban? {times[limit.seconds]}\b", documented[f"LIMIT_{name.upper()}"]), name


def test_every_key_of_the_app_is_documented_with_its_default() -> None:
    documented = {
        codes(row[0])[0]: None if row[1] == "None" else float(row[1])
        for row in rows(section(CONFIGURATION, "## The `streaming` app: `STREAMING`"))
    }
    assert documented == {field.name: field.default for field in fields(Conf)}


def test_the_settings_in_the_readme_are_in_the_configuration() -> None:
    assert set(first_column(section(README, "## Settings"))) <= set(first_column(CONFIGURATION.read_text()))


@override_settings()
def test_the_settings_of_the_configuration_are_valid() -> None:
    settings.STREAMING = run_example(CONFIGURATION, "STREAMING")["STREAMING"]
    assert settings.STREAMING["MAX_STREAMS"] == get_conf().MAX_STREAMS


# docs/protocol.md


def test_every_event_is_in_the_protocol_with_its_fields() -> None:
    documented = {
        codes(row[0])[0]: set(codes(row[1])) for row in rows(section(PROTOCOL, "## Events")) if len(row) == 3
    }
    classes: list[type[events.BaseEvent]] = [*event_classes(), Block, Open]
    ours = {cls.event: keys_on_the_wire(cls) for cls in classes}
    assert documented == ours


def test_every_field_of_end_is_in_the_protocol() -> None:
    documented = dict(row for row in rows(section(PROTOCOL, "## Events")) if len(row) == 2)
    assert {codes(name)[0] for name in documented} == keys_on_the_wire(events.End)
    for name, cls in (("usage", events.Usage), ("error", events.Error)):
        assert {field.name for field in fields(cls)} <= set(codes(documented[f"`{name}`"]))


def test_every_refusal_is_in_the_protocol() -> None:
    documented = {codes(row[1])[0] for row in rows(section(PROTOCOL, "## Errors")) if row[0].isdigit()}
    assert documented == refusals()


def test_every_failure_of_a_run_is_in_the_protocol() -> None:
    documented = {
        (codes(row[0])[0], row[2] == "yes")
        for row in rows(section(PROTOCOL, "## Errors"))
        if not row[0].isdigit()
    }
    failures = [value for value in vars(errors).values() if isinstance(value, events.Error)]
    assert documented == {(error.code, error.retryable) for error in failures}


def test_the_session_with_curl_works_as_printed(site: Site, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    site.upstream.enqueue(Reply("Very cool."))
    first, again = (body.replace("http://127.0.0.1:8000", site.url) for body in examples(PROTOCOL, "bash"))
    script = f"{first}\necho === \n{again}"

    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stderr
    stream, resumed = done.stdout.split("===\n")
    assert without_ids(stream) == without_ids(examples(PROTOCOL, "text")[0])
    events_after_1 = stream[stream.index("id: 2") :]
    assert resumed == f": stream\n\n{events_after_1}204\n"


def without_ids(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", text).strip()


# docs/architecture.md


def rooms_of(package: str) -> dict[str, set[str]]:
    """The modules that the page's table of rooms names, by the room's folder: "" where the room is none."""
    tables = section(ARCHITECTURE, "## The rooms").split("\n\n")
    table = next(table for table in tables if table.startswith(f"| room of `{package}/`"))
    found: dict[str, set[str]] = {}
    for room, _, modules in rows(table):
        folder = next(iter(codes(room)), "").rstrip("/")
        found.setdefault(folder, set()).update(codes(modules))
    return found


def test_every_module_of_the_app_is_in_its_room() -> None:
    named = rooms_of("streaming")
    there: dict[str, set[str]] = {}
    for path in (ROOT / "streaming").rglob("*.py"):
        folder = path.parent.relative_to(ROOT / "streaming").as_posix().removeprefix(".")
        if not folder.startswith(("migrations", "management")) and (path.name != "__init__.py" or not folder):
            there.setdefault(folder, set()).add(path.name)
    assert named == there


def test_every_script_is_in_its_room() -> None:
    scripts = ROOT / "static/chat"
    there: dict[str, set[str]] = {}
    for path in scripts.rglob("*.js"):
        there.setdefault(path.parent.relative_to(scripts).as_posix().removeprefix("."), set()).add(path.name)
    package = ROOT / "streaming/static"
    there["streaming/static/streaming"] = {path.name for path in package.rglob("*.js")}
    assert rooms_of("static/chat") == there


def test_every_module_of_the_site_in_the_architecture_exists() -> None:
    named = rooms_of("chatsite")
    assert [
        name for names in named.values() for name in names if not (ROOT / "chatsite" / name).exists()
    ] == []


def test_every_dependency_has_its_line_in_the_architecture() -> None:
    assert set(first_column(section(ARCHITECTURE, "## Dependencies"))) == dependencies()


# docs/reliability.md


def test_every_promise_is_held_by_tests_that_exist() -> None:
    promises = re.split(r"^### ", section(RELIABILITY, "## The promises"), flags=re.MULTILINE)[1:]
    assert len(promises) == 6
    for promise in promises:
        named = [(codes(name)[0], codes(page)[0]) for name, page in rows(promise)]
        assert named, f"nothing holds {promise.splitlines()[0]!r}"
        missing = [name for name, page in named if f"\ndef {name}(" not in (ROOT / page).read_text()]
        assert missing == []


def test_every_group_of_faults_is_in_the_reliability_page() -> None:
    named = {Path(name).name for name in first_column(section(RELIABILITY, "## The faults"))}
    assert named == {path.name for path in (ROOT / "tests/faults").glob("test_*.py")}


# docs/security.md


def names_of_tests() -> set[str]:
    """The functions of all modules of tests, and of the classes in them."""
    trees = [ast.parse(path.read_text()) for path in ROOT.glob("tests/**/test_*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in found if name.startswith("test_")}


def statements(page: Path) -> Iterator[str]:
    """The paragraphs, items of lists and rows of tables of a page, below its introduction."""
    _, _, text = prose(page.read_text()).partition("\n## ")
    for block in re.split(r"\n{2,}", f"## {text}"):
        if re.match(r"\|", block):
            yield from block.splitlines()[2:]
        elif not block.startswith("#"):
            yield from re.split(r"\n(?=- )", block)


def test_every_statement_about_security_is_held_by_tests_that_exist() -> None:
    known = names_of_tests()
    for statement in statements(SECURITY):
        named = re.findall(r"`(test_\w+)`", statement)
        assert named, f"nothing holds {statement!r}"
        assert [name for name in named if name not in known] == []


# Everywhere


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = prose(page.read_text())
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset|href)="([^"]+)"', text)
    for link in links:
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


def anchors(page: Path) -> set[str]:
    """Where links within a page can lead, as most hosts make them of its headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_in_the_docs_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    in_code = [*CODE.findall(prose(text)), *(body for _, body in FENCE.findall(text))]
    made = {name for code in in_code for name in re.findall(r"\bmake ([a-z-]+)", code)}
    assert made <= targets
    assert set(re.findall(r"manage\.py ([a-z]+)", text)) <= set(get_commands())


# The examples in README.md


@pytest.fixture
def provider(upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> ScriptedUpstream:
    """The scripted provider in OpenAI's place."""
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
    return upstream


def test_every_python_example_of_the_readme_is_run_here() -> None:
    """Here, and the two of the assistant in tests/chatsite/assistants/test_own_assistant.py."""
    assert len(examples(README, "python")) == 5 + 2


def test_the_settings_of_the_readme_name_the_app() -> None:
    assert "streaming" in run_example(README, "INSTALLED_APPS")["INSTALLED_APPS"]


def test_the_view_of_the_readme_streams(provider: ScriptedUpstream) -> None:
    provider.enqueue(Reply("Very", " cool."))
    answer = run_example(README, "EventStreamResponse")["answer"]

    response = answer(RequestFactory().post("/", {"question": "How cool are LLMs?"}))

    assert isinstance(response, StreamingHttpResponse)
    body = response.getvalue().decode()
    assert 'data: {"text":"Very"}' in body
    assert '"status":"done"' in body
    assert provider.requests[0].json["messages"][-1]["content"] == "How cool are LLMs?"
    response.close()


def test_the_address_of_the_readme_leads_to_its_view(monkeypatch: pytest.MonkeyPatch) -> None:
    views = types.ModuleType("yourproject.views")
    vars(views).update(run_example(README, "EventStreamResponse"))
    monkeypatch.setitem(sys.modules, "yourproject", types.ModuleType("yourproject"))
    monkeypatch.setitem(sys.modules, views.__name__, views)

    (address,) = run_example(README, "urlpatterns")["urlpatterns"]

    assert str(address.pattern) == "answer/"
    assert address.callback is vars(views)["answer"]


def test_the_script_of_the_readme_prints_the_reply(
    provider: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.enqueue(Reply("Very", " cool."))

    assert run_example(README, ".tokens()")["content"] == "Very cool."
    assert capsys.readouterr().out == "Very cool."


def test_the_chain_of_the_readme_prints_reply_and_end(
    provider: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.enqueue(Reply("from", "age"))

    run_example(README, "StrOutputParser")

    said, end = capsys.readouterr().out.splitlines()
    assert said == "fromage"
    assert end.startswith("done ")


# CONTRIBUTING.md


def test_the_test_of_the_contributing_page_passes(upstream: ScriptedUpstream) -> None:
    names = {"stream": stream, "chat_model": chat_model, "Reply": Reply, "Token": events.Token}
    example = run_example(CONTRIBUTING, "upstream.gate()", ScriptedUpstream=ScriptedUpstream, **names)
    example["test_stopping_closes_the_connection"](upstream)
