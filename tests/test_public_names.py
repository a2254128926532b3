"""The public names of docs/architecture.md: they exist, and a site needs no others."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = ROOT / "docs/architecture.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def public_names() -> dict[str, set[str]]:
    """The table's modules, each with its names."""
    _, _, rest = ARCHITECTURE.read_text().partition("\n## Public names\n")
    table, _, _ = rest.partition("\n## ")
    cells = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {module.strip("| `"): set(re.findall(r"`(\w+)`", names)) for module, names, *_ in cells}


PUBLIC = public_names()


def used(source: str) -> Iterator[tuple[str, str]]:
    """Each name of `streaming` that the source uses, with its module."""
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "*") for alias in node.names if _is_ours(alias.name))
        if isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            for alias in node.names:
                if (whole := f"{node.module}.{alias.name}") in PUBLIC:
                    modules[alias.asname or alias.name] = whole
                else:
                    yield str(node.module), alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == "streaming"


def sources() -> Iterator[tuple[str, str]]:
    """The site's modules, and each page's blocks, which share their names."""
    for path in sorted((ROOT / "chatsite").rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text()
    for page in PAGES:
        yield str(page.relative_to(ROOT)), "\n".join(BLOCK.findall(page.read_text()))


def test_the_site_and_the_pages_use_public_names_only() -> None:
    private = {
        f"{where}: {module}.{name}"
        for where, source in sources()
        for module, name in used(source)
        if name not in PUBLIC.get(module, ())
    }

    assert not private


def test_each_public_name_that_is_not_an_event_is_used() -> None:
    in_use = {(module, name) for _, source in sources() for module, name in used(source)}
    modules = PUBLIC.keys() - {"streaming.events"}

    unused = {(module, name) for module in modules for name in PUBLIC[module]} - in_use
    assert not unused


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_exist(module: str) -> None:
    assert not [name for name in PUBLIC[module] if not hasattr(import_module(module), name)]


@pytest.mark.parametrize("module", ["streaming", "streaming.runs"])
def test_the_doors_list_their_names_themselves(module: str) -> None:
    assert set(import_module(module).__all__) == PUBLIC[module]
