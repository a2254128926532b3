"""What an assistant says without asking a model, as LangChain's chat models say it."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult


class Notice(BaseChatModel):
    """Always answers with its `text`. It streams, is stored and is shown like any reply."""

    text: str

    @property
    def _llm_type(self) -> str:
        return "notice"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = AIMessage(
            self.text,
            response_metadata={"finish_reason": "stop"},
            usage_metadata=UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])
