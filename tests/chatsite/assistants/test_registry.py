"""Which assistants there are: those of the modules that CHAT_ASSISTANTS names."""

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.assistants.chat_model import model_of
from chatsite.assistants.checks import check_assistants, check_modules_exist, check_provider
from chatsite.assistants.registry import assistants, default_assistant, get_assistant


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """The registry is read once a process."""
    assistants.cache_clear()
    yield
    assistants.cache_clear()


def test_the_assistants_are_those_of_the_setting_in_its_order(settings: Any) -> None:
    settings.CHAT_ASSISTANTS = ["chatsite.assistants.agent", "chatsite.assistants.chat"]

    assert list(assistants()) == ["agent", "chat"]
    assert default_assistant().slug == "agent"
    assert get_assistant("nobody") is None
    assert check_modules_exist() == []
    assert list(check_assistants()) == []


@pytest.mark.parametrize("name", ["nowhere.at_all", "chatsite.assistants.nobody", "chatsite.", ".x"])
def test_a_module_that_is_not_there_is_refused_without_loading_any(settings: Any, name: str) -> None:
    settings.CHAT_ASSISTANTS = [name]

    (found,) = check_modules_exist()

    assert repr(name) in found.msg


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["chatsite.assistants.registry"],
        ["chatsite.assistants.chat", "chatsite.assistants.chat"],
        ["tests_of_the_registry"],
    ],
    ids=["none", "without an assistant", "twice", "of another type"],
)
def test_what_is_no_assistant_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    module = types.ModuleType("tests_of_the_registry")
    module.assistant = "me"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.CHAT_ASSISTANTS = names

    with pytest.raises(ImproperlyConfigured, match="CHAT_ASSISTANTS"):
        assistants()
    assert [found.id for found in check_assistants()] == ["chatsite.assistants.E002"]


@pytest.mark.parametrize(
    ("model", "base_url", "told"),
    [
        ("anthropic:claude", "", ["langchain-anthropic"]),
        ("openai:gpt-4o-mini", "", []),
        ("llama3:8b", "http://127.0.0.1:1/v1", []),
        ("gpt-4o-mini", "", []),
        ("nobody:knows", "", []),
        ("azure_openai:gpt-4o", "", ["azure_openai:gpt-4o"]),
    ],
)
def test_a_provider_whose_package_or_settings_are_missing_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch, model: str, base_url: str, told: list[str]
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "test-key")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.delenv("OPENAI_API_VERSION", raising=False)
    settings.CHAT_LOCAL_MODEL = False
    settings.CHAT_MODEL, settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = model, base_url, "test-key"
    model_of.cache_clear()

    found = list(check_provider())

    model_of.cache_clear()
    assert len(found) == len(told)
    assert all(what in error.msg for what, error in zip(told, found, strict=True))


def test_a_model_to_choose_from_is_looked_at_as_well(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "test-key")
    monkeypatch.delenv("OPENAI_API_VERSION", raising=False)
    settings.CHAT_LOCAL_MODEL = False
    settings.CHAT_MODEL, settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = "usual", "", "test-key"
    settings.CHAT_MODELS = {"usual": None, "azure_openai:gpt-4o": 900}
    model_of.cache_clear()

    (found,) = check_provider()

    model_of.cache_clear()
    assert "azure_openai:gpt-4o" in found.msg
