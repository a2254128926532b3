"""The rooms of docs/architecture.md, held against the imports: each room knows only those below it."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_PLAN = """
streaming testing http urls views admin renderers gunicorn
runs
response
durable
running
log
callbacks
upstream
models conf checks apps signals admission management migrations
events event_json errors outages batches branch_connections cancellation django_locals growing_json load process_loop process_thread scheduling shared_connection system_threads text
"""  # noqa: E501 - a floor is a line
FLOORS = [line.split() for line in _PLAN.strip().splitlines()]
"""Of `streaming`, from the top down. A module of a room is on the room's floor."""

ALLOWED = {
    "streaming.apps": {"streaming.response.disconnect"},  # turns it on where Django starts
    "streaming.checks": {"streaming.log.redis_thread"},  # asks whether a Redis that is set answers
    "streaming.management.commands.prune": {"streaming.log.retention"},  # is its command
}
"""Where Django looks for a thing, the thing is looked up: imports upwards that stay, each with its reason."""

YET_TO_MOVE: set[tuple[str, str]] = set()
"""Imports that break the rule still: who imports, and what."""


def modules(package: str) -> dict[str, Path]:
    """The package's modules by their dotted names, packages without their `__init__`."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(module: str, known: dict[str, Path]) -> set[str]:
    """What a module imports of our packages, wherever in its text that stands."""
    found = {name for name in _imported(module, known) if name != module}
    return {name for name in found if (module, name) not in YET_TO_MOVE}


def _imported(module: str, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(known[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_ours(alias.name))
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relative to itself"
            if _is_ours(node.module or ""):
                whole = (f"{node.module}.{alias.name}" for alias in node.names)
                yield from (name if name in known else str(node.module) for name in whole)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in ("streaming", "chatsite")


def floor_of(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room_of(module) in rooms)


def room_of(module: str) -> str:
    """The room of a module of `streaming`; of one that is in none, its own name."""
    return module.removeprefix("streaming.").partition(".")[0]


def graph(package: str) -> dict[str, set[str]]:
    known = modules(package)
    return {module: imports(module, known) for module in known}


def test_every_module_is_on_a_floor() -> None:
    rooms = {room_of(module) for module in modules("streaming")}

    assert rooms == {room for floor in FLOORS for room in floor}


def test_no_room_knows_one_above_it() -> None:
    upwards = {
        module: above
        for module, known in graph("streaming").items()
        if (above := {name for name in known if floor_of(name) < floor_of(module)})
    }

    assert upwards == ALLOWED


def test_no_modules_import_each_other_in_a_circle() -> None:
    for package in ("streaming", "chatsite"):
        try:
            TopologicalSorter(graph(package)).prepare()
        except CycleError as error:
            circle = [f"{imported} <- {module}" for imported, module in pairwise(error.args[1])]
            raise AssertionError(circle) from None


def test_the_app_knows_nothing_of_the_site() -> None:
    known = set[str]().union(*graph("streaming").values())

    assert {name for name in known if name.startswith("chatsite")} == set()


def test_serving_and_settings_know_nothing_of_the_chat() -> None:
    rooms = ("chatsite.server", "chatsite.config")
    known = {
        name for module, found in graph("chatsite").items() if module.startswith(rooms) for name in found
    }

    assert {name for name in known if name.startswith("chatsite") and not name.startswith(rooms)} == set()
