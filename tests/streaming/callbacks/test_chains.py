"""LCEL: what chains give as events, from a scripted provider over real HTTP."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.output_parsers import (
    StrOutputParser,
)
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    Runnable,
    RunnableLambda,
    RunnableParallel,
)

import streaming
from streaming.events import Event, Output, Token
from tests.streaming.callbacks.stories import (
    CHAINS,
    STORY,
    by_content,
    pieces,
)
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model, completion_model, plain_chat_model
from tests.streaming.reading import code_of, end_of, leave, of_kind, outputs_of, text_of, until
from tests.streaming.upstream.test_cancellation import WITHIN
from tests.upstream import Cut, EndlessTokens, ErrorEvent, Gate, Reply, ScriptedUpstream

# Text


@pytest.mark.parametrize("model", [chat_model, plain_chat_model, completion_model])
def test_a_chain_that_gives_text_gives_tokens_only(
    upstream: ScriptedUpstream, stream: Stream, model: Callable[..., Runnable[Any, str]]
) -> None:
    upstream.enqueue(Reply("Why", " not", "?"))
    chain = ChatPromptTemplate.from_template("A joke about {topic}") | model(upstream) | StrOutputParser()

    events = list(stream(chain, {"topic": "parrots"}))

    assert [token.text for token in of_kind(Token, events)] == ["Why", " not", "?"]
    assert of_kind(Output, events) == []
    assert end_of(events).status == "done"


def test_the_text_of_a_second_model_is_not_output(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Which", " bells?"), Reply("Small", " ones."))
    model = chat_model(upstream)

    events = list(stream(model | StrOutputParser() | model | StrOutputParser(), "Bells"))

    assert [token.text for token in of_kind(Token, events)] == ["Which", " bells?", "Small", " ones."]
    assert of_kind(Output, events) == []


# Functions


def test_a_final_functions_result_is_the_output(upstream: ScriptedUpstream, stream: Stream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply('{"title": ', gate, '"The bell"}'))

    with stream(CHAINS["function"](chat_model(upstream)), "A story") as events:
        next(events)
        assert next(events) == Token('{"title": ', id=2)
        gate.open()
        rest = list(events)

    assert outputs_of(rest) == ["THE BELL"]
    assert of_kind(Output, rest)[0].id == end_of(rest).id - 1


def test_a_generator_functions_pieces_are_the_output_as_they_come(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply('{"title": "The', gate, " bell", '", "moral": ""}'))

    with stream(CHAINS["generator"](chat_model(upstream)), "A story") as events:
        first = next(event for event in events if isinstance(event, Output))
        assert outputs_of([first]) == ["The"]
        gate.open()
        assert outputs_of([first, *events]) == ["The", "The bell"]


def test_a_function_gives_its_models_tokens_and_its_result(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    model = chat_model(upstream)
    shout: Runnable[str, str] = RunnableLambda(lambda text: model.invoke(text).text.upper())

    events = list(stream(shout, "Hi"))

    assert [token.text for token in of_kind(Token, events)] == ["Hel", "lo"]
    assert outputs_of(events) == ["HELLO"]


# Parallel branches


def branches(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    """Two models side by side, which are asked for different things."""

    def branch(name: str) -> Runnable[Any, str]:
        model = chat_model(upstream).with_config(run_name=name)
        return ChatPromptTemplate.from_template(name + " {topic}") | model | StrOutputParser()

    return RunnableParallel(left=branch("left"), right=branch("right"))


def test_the_tokens_of_parallel_branches_are_told_apart(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.on(by_content(Reply(*pieces("on the left")), Reply(*pieces("on the right"))))

    events = list(stream(branches(upstream), {"topic": "x"}))

    tokens = of_kind(Token, events)
    assert text_of([token for token in tokens if token.name == "left"]) == "on the left"
    assert text_of([token for token in tokens if token.name == "right"]) == "on the right"
    assert len({token.step for token in tokens}) == 2
    assert outputs_of(events)[-1] == {"left": "on the left", "right": "on the right"}


def test_tokens_of_branches_have_their_writers_number(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    gates = {"left": upstream.gate(), "right": upstream.gate()}
    upstream.on(by_content(Reply("l", gates["left"], "L"), Reply("r", gates["right"], "R")))
    shout: Runnable[str, str] = RunnableLambda(str.upper)  # runs when its model has ended
    left = chat_model(upstream).with_config(run_name="left")
    right = chat_model(upstream).with_config(run_name="right")
    both: Runnable[Any, Any] = RunnableParallel(
        left=ChatPromptTemplate.from_template("left {topic}") | left | StrOutputParser(),
        right=ChatPromptTemplate.from_template("right {topic}") | right | StrOutputParser() | shout,
    )

    with stream(both, {"topic": "x"}) as events:
        began: list[Event] = []
        while not {"l", "r"} <= {event.text for event in of_kind(Token, began)}:
            began.append(next(events))
        gates["right"].open()
        before = began + list(
            itertools.takewhile(lambda event: not (isinstance(event, Output) and "RR" in repr(event)), events)
        )
        gates["left"].open()
        tokens = of_kind(Token, [*before, *events])

    by_text = {token.text: token for token in tokens}
    told = {text: token.data() for text, token in by_text.items()}
    assert (told["l"]["name"], told["r"]["name"]) == ("left", "right")
    assert {told["l"]["writer"], told["r"]["writer"]} == {1, 2}
    for first, rest in (("l", "L"), ("r", "R")):
        assert told[rest].get("writer", 1) == told[first]["writer"]
        assert set(told[rest]) <= {"text", "writer"}


# Failure in the middle


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize(
    ("ending", "code"),
    [(Cut(), "upstream_incomplete"), (ErrorEvent("overloaded"), "upstream_error")],
    ids=["cut", "error"],
)
def test_a_chain_fails_after_the_tokens_that_had_come(
    upstream: ScriptedUpstream, stream: Stream, name: str, ending: Any, code: str
) -> None:
    upstream.on(lambda _: Reply('{"title": "The', ending))

    events = list(stream(CHAINS[name](chat_model(upstream, max_retries=0)), "A story"))

    assert code_of(events) == code
    assert text_of(events).startswith('{"title": "The')


def test_a_chain_without_a_finish_reason_fails(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply(*pieces(STORY), finish=None))

    assert code_of(list(stream(CHAINS["json"](chat_model(upstream)), "A story"))) == "upstream_incomplete"


def test_a_failing_branch_fails_the_run_at_its_end(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.on(by_content(Reply("l", gate, "L"), Reply("r", ErrorEvent("overloaded"))))

    events = streaming.stream(branches(upstream), {"topic": "x"})
    next(events)
    gate.wait_until_reached()
    gate.open()  # LangChain waits for every branch

    assert code_of(list(events)) == "upstream_error"


def test_in_a_loop_one_branch_that_fails_ends_the_others(upstream: ScriptedUpstream, astream: Stream) -> None:
    gates = [upstream.gate(), upstream.gate()]
    upstream.on(by_content(Reply("l", gates[0]), Reply("r", gates[1], ErrorEvent("overloaded"))))
    events = astream(branches(upstream), {"topic": "x"})
    for _ in gates:
        until(Token, events)

    gates[1].open()

    assert code_of(list(events)) == "upstream_error"
    assert all(request.peer_closed.wait(WITHIN) for request in upstream.requests)


# A consumer that leaves


by_every_client = pytest.mark.parametrize(
    ("stream", "model"),
    [("stream", chat_model), ("stream", plain_chat_model), ("astream", plain_chat_model)],
    indirect=["stream"],
)
"""In a loop both models have the same client."""


@pytest.mark.alone
@by_every_client
@pytest.mark.parametrize("name", CHAINS)
def test_leaving_a_chain_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, name: str, model: Callable[..., Runnable[Any, Any]]
) -> None:
    gates: list[Gate] = [upstream.gate(), upstream.gate()]
    wanted = 2 if name == "parallel" else 1
    upstream.enqueue(*(Reply('{"title": "The', gate) for gate in gates[:wanted]))
    events = stream(CHAINS[name](model(upstream)), "A story")
    for _ in gates[:wanted]:
        until(Token, events)

    leave(events, upstream)


@pytest.mark.alone
@by_every_client
@pytest.mark.parametrize("name", CHAINS)
def test_leaving_a_chain_while_tokens_flow_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, name: str, model: Callable[..., Runnable[Any, Any]]
) -> None:
    upstream.on(lambda _: Reply('{"title": "The', EndlessTokens(" bell")))
    events = stream(CHAINS[name](model(upstream)), "A story")
    for _ in range(20):
        next(events)
    upstream.wait_for_request(2 if name == "parallel" else 1)

    leave(events, upstream)
