"""Which models answer, and what a person's preferences make of them."""

import pytest
from pytest_django import Settings

from chatsite.assistants.chat_model import chat_model, model_of
from chatsite.assistants.offered import context_of, model_name, offered_models
from chatsite.assistants.preferences import USUAL, Preferences
from chatsite.server import local_model
from tests.upstream import ScriptedUpstream


def test_the_usual_one_is_the_first_and_each_has_its_context(settings: Settings) -> None:
    settings.CHAT_LOCAL_MODEL, settings.CHAT_CONTEXT_TOKENS = False, 32_000
    settings.CHAT_MODEL, settings.CHAT_MODELS = "usual", {"large": 128_000, "usual": 8_000, "other": None}
    assert list(offered_models().items()) == [("usual", 8_000), ("large", 128_000), ("other", 32_000)]
    assert context_of("gone") == 32_000


def test_the_local_model_is_the_only_one(settings: Settings) -> None:
    settings.CHAT_LOCAL_MODEL, settings.CHAT_MODELS = True, {"large": None}
    assert list(offered_models()) == [local_model.NAME]


@pytest.mark.parametrize(("most", "wanted", "longest"), [(None, 9, 9), (5, 9, 5), (9, 5, 5), (5, None, 5)])
def test_no_reply_is_longer_than_the_operator_says(
    settings: Settings, most: int | None, wanted: int | None, longest: int
) -> None:
    settings.CHAT_MAX_TOKENS = most
    assert Preferences(max_tokens=wanted).longest_reply == longest


def test_what_is_set_goes_first_and_nought_is_something() -> None:
    both = Preferences(temperature=0.0, model="a").over(Preferences(temperature=1.0, max_tokens=5, model="b"))
    assert both == Preferences(temperature=0.0, max_tokens=5, model="a")


def test_a_model_is_made_once_however_many_people_want_it_otherwise(
    configured: ScriptedUpstream, settings: Settings
) -> None:
    settings.CHAT_MODELS = {"large": None}
    warm, cold = (chat_model(Preferences(model="large", temperature=number)) for number in (1.5, 0.0))
    assert (warm.temperature, cold.temperature) == (1.5, 0.0)  # type: ignore[attr-defined] # of OpenAI's
    assert warm.root_client is cold.root_client is model_of("large").root_client  # type: ignore[attr-defined]
    assert chat_model(USUAL) is chat_model(Preferences(model="gone")) is model_of(model_name())
    assert model_of.cache_info().currsize == 2
