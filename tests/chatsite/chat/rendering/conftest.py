"""The renderer's child is there when a test begins: it takes a moment to start."""

import pytest

from chatsite.chat.rendering.markdown import render


@pytest.fixture(autouse=True, scope="session")
def renderer() -> None:
    render("a")
