"""docs/streaming/reference.md is what the docstrings make of it, and they all say something."""

import re

from tests.reference import PAGE, page
from tests.test_public_names import PUBLIC


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "python -m tests.reference writes it anew"


def test_every_public_name_says_what_it_is() -> None:
    entries = re.split(r"^### `(\w+)`\n", PAGE.read_text(), flags=re.MULTILINE)[1:]
    said = dict(zip(entries[::2], entries[1::2], strict=True))
    texts = {name: re.sub(r"```text.*?```", "", text, flags=re.DOTALL).strip() for name, text in said.items()}

    assert set().union(*PUBLIC.values()) == set(texts)
    assert [name for name, text in texts.items() if not text or text.startswith("## ")] == []
