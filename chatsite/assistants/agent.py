"""Works with tools: LangChain's own agent, and what a person can ask of it at once."""

import logging
from typing import Any, NotRequired

from django.apps import apps
from django.utils.translation import gettext_noop as _
from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelCallLimitMiddleware,
    ToolCallRequest,
    ToolErrorMiddleware,
    hook_config,
)
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Assistant, Turn
from chatsite.assistants.chat_model import chat_model
from chatsite.assistants.preferences import NAMES, USUAL, Preferences
from chatsite.assistants.tools import calculator, clock, documents, units
from streaming import RunFailed
from streaming.errors import with_places
from streaming.events import Error

logger = logging.getLogger(__name__)

MAX_MODEL_CALLS = 10
"""In one reply. Each may call several tools."""

TOO_MANY_STEPS = Error(
    "too_many_steps",
    with_places(
        _("The assistant came to no answer in {steps} steps, and was stopped. Ask for less at once.")
    ).format(steps=MAX_MODEL_CALLS),
    retryable=False,
)
_TOOL_FAILED = with_places(_("The tool failed ({kind}). Go on without it."))
INSTRUCTIONS = (
    "Use the tools for calculations, times and units rather than working them out yourself. "
    "When a tool reports an error, correct the call or say what is missing."
)


class State(AgentState[Any]):
    """What the agent works on: the messages, and whose they are."""

    visitor: NotRequired[Visitor]
    """For tools that look into what a person owns. No model ever sees it."""


class StepLimit(ModelCallLimitMiddleware[Any, Any]):
    """Fails a reply that goes round in circles, in words."""

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        try:
            return super().before_model(state, runtime)
        except ModelCallLimitExceededError as exc:
            raise RunFailed(TOO_MANY_STEPS) from exc


class BrokenCalls(AgentMiddleware[Any, Any, Any]):
    """Tells the model of calls whose arguments are no JSON. LangChain would end the reply without a word."""

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        message = state["messages"][-1]
        if not isinstance(message, AIMessage) or not message.invalid_tool_calls:
            return None
        told = [
            ToolMessage(_("The arguments are not valid JSON."), tool_call_id=call["id"] or "", status="error")
            for call in message.invalid_tool_calls
        ]
        return {"messages": told} if message.tool_calls else {"messages": told, "jump_to": "model"}


def tell_and_go_on(exc: Exception, request: ToolCallRequest) -> str:
    """What the model is told of a tool that has a fault of its own. The log has the cause."""
    name = request.tool_call["name"]
    logger.warning("tool %s failed: %s", name, type(exc).__qualname__)
    logger.debug("tool %s failed here:", name, exc_info=exc)
    return _TOOL_FAILED.format(kind=type(exc).__name__)


def tools() -> list[BaseTool]:
    """Those that this site can offer."""
    own = [documents.tool] if apps.is_installed("chatsite.documents") else []
    return [calculator.tool, clock.tool, units.tool, *own]


def build(preferences: Preferences = USUAL) -> Runnable[Any, Any]:
    """The agent. Its graph is made in a few milliseconds."""
    return create_agent(
        chat_model(preferences),
        tools(),
        system_prompt=preferences.system_prompt(INSTRUCTIONS),
        state_schema=State,
        middleware=[
            StepLimit(run_limit=MAX_MODEL_CALLS, exit_behavior="error"),
            BrokenCalls(),
            ToolErrorMiddleware(tell_and_go_on),
        ],
    )


def what_was_said(turn: Turn) -> dict[str, Any]:
    """The agent brings the system prompt itself: many models take only one."""
    messages = [message for message in turn.messages if not isinstance(message, SystemMessage)]
    return {"messages": messages, "visitor": turn.visitor}


assistant = Assistant(
    slug="agent",
    name=_("Agent"),
    description=_(
        "Calculates, tells the time anywhere, converts units, searches your documents, and shows each step. "
        "It needs a model that can call tools: the small built-in one answers without them."
    ),
    build=build,
    input=what_was_said,
    sees_images=True,
    examples=(
        _("What is 17.5 percent of 2,349?"),
        _("What time is it in Tokyo?"),
        _("How many miles are 42.195 km?"),
    ),
    takes=NAMES,
)
