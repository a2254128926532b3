"""The page's scripts, as far as no browser is needed: what they import."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "static/chat"
READER = ROOT / "streaming/static/streaming"
FLOORS = ["", "page", "reply", "streaming"]
"""The rooms, from the top down: `main.js` is in none, and the package's are at the bottom."""

# Of a statement, or of a type in a comment.
IMPORTED = re.compile(r'(?:\bfrom |\bimport\()"([^"]+)"')


def imports() -> dict[Path, set[Path]]:
    """Which scripts each script imports; types as well."""
    return {
        script: {imported(script, name) for name in IMPORTED.findall(script.read_text())}
        for script in [*SCRIPTS.rglob("*.js"), *READER.glob("*.js")]
    }


def imported(script: Path, name: str) -> Path:
    """What a script names. The package's files are beside the site's where they are served."""
    path = (script.parent / name).resolve()
    return READER / path.name if path.parent == ROOT / "static/streaming" else path


def room_of(script: Path) -> str:
    if script.parent == READER:
        return READER.name
    return script.parent.relative_to(SCRIPTS).as_posix().removeprefix(".")


def test_a_script_imports_from_rooms_below_its_own() -> None:
    upwards = [
        (script.name, imported.name)
        for script, all_imported in imports().items()
        for imported in all_imported
        if FLOORS.index(room_of(imported)) < FLOORS.index(room_of(script))
    ]
    assert upwards == []


def test_scripts_do_not_import_each_other_in_a_circle() -> None:
    TopologicalSorter(imports()).prepare()


def test_reading_a_run_needs_no_page() -> None:
    names = r"\b(?:document|window|location|navigator|HTML\w*|localStorage|sessionStorage)\b\s*[.\[(]"
    cookies = {"follow.js"}  # has the CSRF token from there
    assert {path.name for path in READER.glob("*.js") if re.search(names, _code(path))} == cookies


def _code(script: Path) -> str:
    """The script without its comments."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", script.read_text(), flags=re.DOTALL)
