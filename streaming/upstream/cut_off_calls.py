"""Answers calls of tools that a stop has cut off.

A graph's checkpoint has the model's message with its calls before the tools have answered. Who stops it then
and asks on would send calls without results, which every server refuses, in all later turns as well.
"""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

CANCELLED = "The call was cancelled. Whether it had an effect is not known."


def answered(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the messages, with a result for each call that has none. None of them is changed.

    Calls whose arguments are no JSON are left out, unless they have a result, and so is a message that says
    nothing else.
    """
    complete: list[BaseMessage] = []
    for place, message in enumerate(messages):
        if not isinstance(message, ToolMessage):
            complete += _results_missing(complete)
        if isinstance(message, AIMessage) and message.invalid_tool_calls:
            results = _ids_of_results(messages[place + 1 :])
            message = _without_broken_calls(message, results)  # noqa: PLW2901
            if not (message.content or message.tool_calls or message.invalid_tool_calls):
                continue
        complete.append(message)
    return complete + _results_missing(complete)


def _results_missing(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return results for the calls of the last message of a model, if only tools have spoken since."""
    place = next(
        (place for place in reversed(range(len(messages))) if not isinstance(messages[place], ToolMessage)), 0
    )
    if not messages or not isinstance(calling := messages[place], AIMessage):
        return []
    results = _ids_of_results(messages[place + 1 :])
    return [
        ToolMessage(CANCELLED, tool_call_id=call["id"], name=call["name"], status="error")
        for call in calling.tool_calls
        if call["id"] is not None and call["id"] not in results
    ]


def _ids_of_results(following: Sequence[BaseMessage]) -> set[str]:
    ids = set()
    for message in following:
        if not isinstance(message, ToolMessage):
            break
        ids.add(message.tool_call_id)
    return ids


def _without_broken_calls(message: AIMessage, results: set[str]) -> AIMessage:
    kept = [call for call in message.invalid_tool_calls if call["id"] in results]
    fields = {name: value for name, value in message.additional_kwargs.items() if name != "tool_calls"}
    return message.model_copy(update={"invalid_tool_calls": kept, "additional_kwargs": fields})
