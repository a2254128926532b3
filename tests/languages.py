"""Keeps the catalogs of translations: finds what code and templates say, and compiles what was translated.

    python -m tests.languages    after a string was added, changed or translated

A catalog (`locale/<language>/LC_MESSAGES/django.po`) has all that its package says, in the order of the
files, without numbers of lines: it changes where a string does. What is new in it has no translation yet,
and tests/test_languages.py says so. Beside it is the compiled one (`.mo`), so that a site needs no tool.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh_Hans",)
"""Folders of translations: Django's names of locales. English is what the code says."""

_SAYS = {
    "_": None,
    "say": None,
    "to_say": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_WHEN = datetime(2026, 12, 1, tzinfo=UTC)
"""For the header of each catalog, which has to have a time: the history says when it changed."""

MessageId = str | tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """One string that a person may see: what is said, where, and in which sense if it has several."""

    file: str
    id: MessageId
    context: str | None


@dataclass(frozen=True)
class Package:
    """A package, and the folders in which it says something."""

    name: str
    folders: tuple[str, ...]

    def files(self) -> Iterator[Path]:
        for folder in self.folders:
            for path in sorted((ROOT / folder).rglob("*")):
                if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts:
                    yield path

    def said(self) -> Iterator[Said]:
        for path in self.files():
            file = str(path.relative_to(ROOT))
            for _, message, _, context in extract("python", _source(path), keywords=_SAYS):
                yield Said(file, message, context)

    def po(self, language: str) -> Path:
        return ROOT / self.name / "locale" / language / "LC_MESSAGES" / "django.po"


PACKAGES = (Package("chatsite", ("chatsite", "templates")), Package("streaming", ("streaming",)))


def _source(path: Path) -> io.BytesIO:
    """The file as Python, in which only the strings of a template are left."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Brackets around it, so that its indentation means nothing.
        text = f"(\n{re.sub(r'^[ ]+', '', templatize(text), flags=re.M)}\n)"
    return io.BytesIO(text.encode())


def read(path: Path) -> Catalog:
    """The catalog as it is there; an empty one if it is not."""
    if not path.exists():
        return Catalog(locale=path.parent.parent.name, domain="django")
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain="django")


def updated(old: Catalog, said: Iterable[Said]) -> Catalog:
    """All that is said, with the translations that there are."""
    new = Catalog(
        locale=old.locale,
        domain="django",
        fuzzy=False,
        header_comment="# What people read, translated. `python -m tests.languages` writes it.",
        project="streaming-chat",
        creation_date=_WHEN,
        revision_date=_WHEN,
        last_translator="",
        language_team="",
        msgid_bugs_address="",
    )
    for each in said:
        kept = old.get(each.id if isinstance(each.id, str) else each.id[0], each.context)
        known = new.get(each.id if isinstance(each.id, str) else each.id[0], each.context)
        files = [place for place, _ in known.locations] if known else []
        if each.file in files:
            continue
        new.add(
            each.id,
            kept.string if kept and isinstance(kept.id, str) == isinstance(each.id, str) else None,
            locations=[(each.file, 0)],
            flags=set(kept.flags) - {"python-format"} if kept else (),
            context=each.context,
        )
    return new


def as_po(catalog: Catalog) -> bytes:
    into = io.BytesIO()
    write_po(into, catalog, width=110, include_lineno=False)
    return into.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    into = io.BytesIO()
    write_mo(into, catalog)
    return into.getvalue()


def main() -> None:
    for package in PACKAGES:
        said = list(package.said())
        for language in LANGUAGES:
            path = package.po(language)
            catalog = updated(read(path), said)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_po(catalog))
            path.with_suffix(".mo").write_bytes(as_mo(catalog))
            missing = sum(1 for message in catalog if message.id and not message.string)
            print(f"{path.relative_to(ROOT)}: {len(catalog)} strings, {missing} to translate")


if __name__ == "__main__":
    main()
