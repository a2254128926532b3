"""What the page carries for its scripts: numbers and names that are written once, in Python."""

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from chatsite.chat.models import LENGTH_LIMITS, TITLE_LENGTH
from chatsite.chat.templatetags.json_values import DEEPEST
from tests.site import Site

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = [
    path.read_text()
    for path in sorted([*ROOT.glob("static/chat/**/*.js"), *ROOT.glob("streaming/static/**/*.js")])
]
WRITERS = [*ROOT.glob("templates/**/*.html"), ROOT / "chatsite/chat/rendering/markup.py"]
WRITTEN = "".join(path.read_text() for path in WRITERS)


def test_the_page_carries_the_servers_numbers_and_names(site: Site) -> None:
    page = site.visitor().get("/").text

    assert f'data-title-length="{TITLE_LENGTH}"' in page
    assert f'data-length-limits="{" ".join(LENGTH_LIMITS)}"' in page
    assert f'data-deepest="{DEEPEST}"' in page


@pytest.mark.parametrize("is_small", [True, False])
@pytest.mark.django_db
@pytest.mark.usefixtures("site_in_this_process")
def test_a_small_model_is_said_to_be_small(client: Client, settings: Settings, is_small: bool) -> None:
    settings.CHAT_ALLOW_GUESTS = True
    settings.CHAT_LOCAL_MODEL = is_small

    assert ("A small model answers" in client.get("/").text) is is_small


def test_scripts_have_no_name_of_a_length_limit() -> None:
    kind_of_ending = {"length"}  # of the page's own
    assert [name for name in set(LENGTH_LIMITS) - kind_of_ending for text in SCRIPTS if name in text] == []


def test_what_scripts_read_from_the_page_is_there() -> None:
    missing = {
        name
        for text in SCRIPTS
        for name in names_read(text)
        if f"data-{kebab(name)}" not in WRITTEN and not any(f"dataset.{name} = " in text for text in SCRIPTS)
    }
    assert missing == set()


def names_read(script: str) -> set[str]:
    """Of the `data-` attributes that a script reads: `dataset.name`, and `{ name } = ... dataset`."""
    names = set(re.findall(r"\bdataset\.(\w+)", script))
    for listed in re.findall(r"const \{ ([^}]*) \} = [^;\n]*\bdataset\b(?!\.)", script):
        names |= {name.split(" = ")[0] for name in listed.split(", ")}
    return names


def kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", name)
