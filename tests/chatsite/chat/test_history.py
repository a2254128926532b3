"""What of a conversation the model is sent."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from chatsite.chat.history import GO_ON, TooLong, for_model, mark_reach, reach_of
from chatsite.chat.models import Message


def said(content: str) -> Message:
    return Message(role="user", content=content)


def replied(content: str) -> Message:
    return Message(role="assistant", content=content)


@pytest.fixture(autouse=True)
def context(settings: Any) -> Any:
    settings.CHAT_SYSTEM_PROMPT = "Be kind."
    settings.CHAT_CONTEXT_TOKENS = 1000
    settings.CHAT_MAX_TOKENS = None
    return settings


def test_all_of_a_short_conversation_is_sent_in_order() -> None:
    assert for_model([said("a"), replied("b"), said("c")]) == [
        SystemMessage("Be kind."),
        HumanMessage("a"),
        AIMessage("b"),
        HumanMessage("c"),
    ]


def test_a_reply_keeps_the_reasoning_that_its_server_may_want_back() -> None:
    reply = Message(role=Message.Role.ASSISTANT, content="Four.", details={"reasoning": "Two and two."})

    (_, _, message, _) = for_model([said("Add."), reply, said("Why?")])

    assert message.additional_kwargs == {"reasoning_content": "Two and two."}


def test_the_oldest_messages_are_left_out_where_there_is_no_room() -> None:
    long = [said("x" * 2000), replied("y" * 800), said("z" * 800)]

    sent = for_model(long)

    assert sent == [SystemMessage("Be kind."), HumanMessage("z" * 800)], "it begins with a person's message"


def test_a_last_message_that_does_not_fit_is_refused_rather_than_cut() -> None:
    with pytest.raises(TooLong):
        for_model([said("x" * 4000)])


def test_the_first_message_that_is_still_sent_is_marked_if_others_are_not() -> None:
    long = [said("x" * 2000), replied("y" * 800), said("z" * 800), replied("")]
    mark_reach(long)
    assert [message.begins_reach for message in long] == [False, False, True, False]
    short = [said("a"), replied("b")]
    mark_reach(short)
    assert not any(message.begins_reach for message in short)
    mark_reach([said("x" * 4000)])
    mark_reach([])


def test_how_full_the_context_is_counts_what_is_sent() -> None:
    """A quarter of 1,000 tokens is kept for the reply."""
    assert 26 <= reach_of([said("x" * 800)]).percent <= 30
    assert reach_of([said("x" * 4000)]).percent < 2


def test_replies_without_text_are_left_out() -> None:
    assert for_model([said("a"), replied(""), said("b")])[1:] == [HumanMessage("a"), HumanMessage("b")]


def test_the_reply_keeps_the_room_that_its_limit_asks_for(context: Any) -> None:
    path = [said("x" * 1600), replied("y" * 1600), said("z")]
    context.CHAT_MAX_TOKENS = 50

    assert len(for_model(path)) == 4

    context.CHAT_MAX_TOKENS = 200
    assert for_model(path)[1:] == [HumanMessage("z")]


def test_no_system_prompt_is_no_system_message(context: Any) -> None:
    context.CHAT_SYSTEM_PROMPT = ""

    assert for_model([said("a")]) == [HumanMessage("a")]


def test_a_reply_that_was_begun_comes_last_with_the_request_to_go_on() -> None:
    assert for_model([said("a"), replied("b"), said("c")], so_far="Half of ")[3:] == [
        HumanMessage("c"),
        AIMessage("Half of "),
        HumanMessage(GO_ON),
    ]


def test_a_begun_reply_displaces_the_oldest_messages_but_not_the_question() -> None:
    path = [said("x" * 1600), replied("y" * 400), said("z")]

    assert for_model(path, so_far="w" * 800)[1] == HumanMessage("z")
    with pytest.raises(TooLong):
        for_model(path, so_far="w" * 4000)
