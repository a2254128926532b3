"""What LangChain asks of every chat model: its own standard tests, against the drop-in for its class."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumpd
from langchain_openai import ChatOpenAI as LangChains
from langchain_tests.unit_tests import ChatModelUnitTests

from streaming.upstream import ChatOpenAI

PARAMETERS: dict[str, Any] = {"model": "m", "api_key": "key"}


class TestStandard(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return PARAMETERS

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        environment = {"OPENAI_API_KEY": "key", "OPENAI_ORG_ID": "us", "OPENAI_API_BASE": "http://model/v1"}
        attributes = {
            "openai_api_key": "key",
            "openai_organization": "us",
            "openai_api_base": "http://model/v1",
        }
        return environment, {"model": "m"}, attributes

    @pytest.fixture
    def snapshot(self) -> Callable[..., Any]:
        """In place of syrupy's: the form in which LangChain's own class is stored."""
        stored = dumpd(LangChains(**self.standard_chat_model_params | self.chat_model_params))
        return lambda name: stored

    @pytest.fixture
    def benchmark(self) -> Callable[[Callable[[], object]], object]:
        """In place of pytest-benchmark's: nothing is timed here."""
        return lambda work: work()
