"""What servers send beside the protocol: a person reads the reply, the whole reply, or why there is none."""

import contextlib
import gzip
import json
import logging
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import EMPTY, INCOMPLETE, NO_MODEL_SERVER, RATE_LIMITED, UPSTREAM
from streaming.events import End, Reasoning, Usage
from streaming.upstream.refusals import BrokenOff
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import reasoning_model
from tests.streaming.reading import code_of, end_of, of_kind, text_of
from tests.streaming.upstream.bodies import (
    EVENTS,
    FINISH,
    body,
    chunk,
    events,
    message_of,
    read,
    says,
    stream_of,
)
from tests.upstream import End as EndOfBody
from tests.upstream import Raw, Reply, ScriptedUpstream

FILTERED = {"hate": {"filtered": False, "severity": "safe"}}


def text_in(*said: Any, done: bool = True) -> str:
    return message_of(read([events(*said, done=done)])).text


# Chunks of every shape


@pytest.mark.parametrize(
    "odd",
    [
        {"prompt_filter_results": [{"content_filter_results": FILTERED}], "choices": []},
        {"choices": [{"index": 0, "finish_reason": None, "content_filter_results": FILTERED}]},
        {"choices": None},
        {"choices": {}},
        {"choices": "none"},
        {"choices": [None, 7]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": []}]},
        chunk({"content": None}),
        chunk({"content": ""}),
        chunk({"content": []}),
        chunk({"role": "assistant"}),
        chunk({"tool_calls": None}),
        chunk({"tool_calls": {}}),
        chunk({"content": {"type": "image"}}),
        chunk({"content": True}),
        chunk(finish=""),
        {},
        [],
        7,
        None,
        ": a comment",
        "retry: 3000",
        "id: 12",
        "event: ping\ndata: {}",
        "event: ping\ndata: alive",
        "data: ",
    ],
    ids=str,
)
def test_what_says_nothing_is_passed_over_wherever_it_comes(odd: Any) -> None:
    said = odd if isinstance(odd, str) else f"data: {json.dumps(odd)}"

    assert text_in(said, says("Rain "), said, says("falls."), said, FINISH, said) == "Rain falls."


@pytest.mark.parametrize(
    "content",
    [
        "42",
        42,
        ["4", "2"],
        [{"type": "text", "text": "4"}, {"type": "text", "text": "2"}],
        {"type": "text", "text": "42"},
        {"type": "text", "text": {"value": "42"}},
    ],
)
def test_text_is_text_in_whatever_form_it_comes(content: Any) -> None:
    assert text_in(chunk({"content": content}), FINISH) == "42"


RAIN: dict[str, Any] = {"content": "Rain."}
STOP: dict[str, Any] = {"finish_reason": "stop"}


@pytest.mark.parametrize(
    "said",
    [
        [{"choices": [{"delta": "Rain."}]}, FINISH],
        [{"choices": [{"delta": {}, "text": "Rain."}]}, FINISH],
        [{"choices": [{"delta": {}, "message": RAIN} | STOP]}],
        [{"choices": [{"delta": None, "message": "Rain."} | STOP]}],
        [{"choices": {"delta": RAIN} | STOP}],
        [{"choices": [{"delta": RAIN | STOP}]}],
        [{"choices": {"0": {"delta": RAIN | STOP}}}],
        [{"code": 0, "message": "success"}, says("Rain."), FINISH],
        [says("Rain.") | {"base_resp": {"status_code": 0, "status_msg": ""}}, FINISH],
        [says("Rain."), {"choices": []} | STOP],
        [{"choices": [{"delta": RAIN, "finish_reason": "null"}]}, FINISH],
        [{"choices": [{"index": "0", "delta": RAIN}]}, {"choices": [{"index": "1", "delta": RAIN}]}, FINISH],
        [json.dumps([says("Rain."), FINISH]).join(["data: ", ""])],
        ["data: " + json.dumps(says("Rain.")) + json.dumps(FINISH)],
        ["data: " + json.dumps(says("Rain.")) + "\ndata: " + json.dumps(FINISH) + "\ndata: [DONE]"],
        [says("Rain."), "data: [done]"],
        [says("Rain."), "event: Done\ndata: {}"],
        ["event: done\ndata: " + json.dumps(says("Rain."))],
    ],
    ids=str,
)
def test_the_reply_is_read_and_ends_in_whatever_form_it_comes(said: list[Any]) -> None:
    message = message_of(read([events(*said, done=False)]))

    assert message.text == "Rain."
    assert message.response_metadata.get("finish_reason", "stop") == "stop"


def test_events_without_blank_lines_are_read() -> None:
    data = events(says("Rain "), says("falls."), FINISH).replace(b"\n\n", b"\n")

    assert message_of(read([data])).text == "Rain falls."


def test_a_reason_that_is_none_is_no_end() -> None:
    with pytest.raises(BrokenOff):
        read([events({"choices": [{"delta": {"content": "Rain"}, "finish_reason": "null"}]}, done=False)])


@pytest.mark.parametrize(
    "said",
    [
        {"0": {"id": "a", "function": {"name": "f", "arguments": "{}"}}},
        [{"id": "a", "name": "f", "arguments": {}}],
        {"id": "a", "function": {"name": "f", "arguments": "{}"}},
        '[{"id": "a", "function": {"name": "f", "arguments": "{}"}}]',
    ],
    ids=["by index", "without the envelope", "no list", "encoded by itself"],
)
def test_a_call_is_a_call_in_whatever_form_it_comes(said: Any) -> None:
    (called,) = message_of(read([events(chunk({"tool_calls": said}), FINISH)])).tool_calls

    assert (called["id"], called["name"], called["args"]) == ("a", "f", {})


def test_only_one_of_several_choices_is_read() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "Snow"}, "finish_reason": None}]}

    assert text_in(says("Rain "), other, says("falls."), FINISH, other) == "Rain falls."


def test_the_whole_message_after_its_pieces_is_not_said_again() -> None:
    whole = {"choices": [{"message": {"content": "Rain falls."}, "finish_reason": "stop"}]}

    assert text_in(says("Rain "), says("falls."), whole) == "Rain falls."


def test_text_under_the_name_of_completions_is_text() -> None:
    assert (
        text_in({"choices": [{"text": "Rain "}]}, {"choices": [{"text": "falls."}]}, FINISH) == "Rain falls."
    )


def test_a_stream_with_a_mark_and_other_line_ends_loses_nothing() -> None:
    data = b"\xef\xbb\xbf" + events(says("Rain "), says("falls."), FINISH).replace(b"\n", b"\r\n")

    assert message_of(read([data.replace(b"data: ", b"data:")])).text == "Rain falls."


def test_an_event_that_only_lacks_its_blank_line_was_said() -> None:
    assert message_of(read([events(says("Rain."), done=False) + b"data: [DONE]"])).text == "Rain."


# The reason, the usage, the reasoning: once


def test_the_finish_reason_is_given_once_and_text_after_it_is_text() -> None:
    early = chunk({"content": "Rain"}, finish="stop")

    said = read([events(chunk(finish=""), early, done=False), events(says(" falls."), FINISH, FINISH)])

    reasons = [(part.generation_info or {}).get("finish_reason") for part in said]
    assert [reason for reason in reasons if reason is not None] == ["stop"]
    assert message_of(said).text == "Rain falls."


@pytest.mark.parametrize("odd", [None, {}, [], 5, {"prompt_tokens": None}, {"prompt_tokens": "x"}], ids=str)
def test_usage_is_the_servers_last_word_and_not_the_sum(odd: Any) -> None:
    def usage(written: Any) -> dict[str, Any]:
        return {"usage": {"prompt_tokens": 90, "completion_tokens": written, "total_tokens": 92}}

    said = [says("Rain") | usage(1), says(" falls") | usage(2), FINISH | usage("2"), FINISH | {"usage": odd}]

    message = message_of(read([events(*said)]))

    assert message.usage_metadata is not None
    assert (message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"]) == (90, 2)


def test_usage_inside_the_choice_and_under_other_names_is_usage() -> None:
    finish = {
        "choices": [{"delta": {}, "finish_reason": "stop", "usage": {"input_tokens": 9, "output_tokens": 1}}]
    }

    usage = message_of(read([events(says("Rain"), finish)])).usage_metadata

    assert usage is not None
    assert usage["total_tokens"] == 10


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Clouds."},
        {"reasoning": "Clouds."},
        {"reasoning_text": "Clouds."},
        {"reasoning": {"content": "Clouds."}},
        {"reasoning": "Clouds.", "reasoning_content": "Clouds.", "reasoning_details": [{"text": "Clouds."}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "Clouds."}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Clouds."}]}]},
        {"content": "<think>Clouds.</think>"},
    ],
    ids=str,
)
def test_reasoning_comes_once_wherever_it_stands(
    upstream: ScriptedUpstream, stream: Stream, delta: Any
) -> None:
    upstream.enqueue(stream_of(chunk(delta), says("Rain."), FINISH))

    seen = list(stream(reasoning_model(upstream), "Hi"))

    assert "".join(event.text for event in of_kind(Reasoning, seen)) == "Clouds."
    assert text_of(seen) == "Rain."


def test_a_model_that_only_closes_its_reasoning_is_known_the_second_time(upstream: ScriptedUpstream) -> None:
    from streaming import stream

    model = reasoning_model(upstream)
    gates = [upstream.gate(), upstream.gate()]
    for gate in gates:
        upstream.enqueue(Reply("Clouds", gate, ".\n</think>\n\nRain."))
    texts = []
    for gate in gates:
        seen = []
        for event in stream(model, "Hi"):
            seen.append(event)
            if not isinstance(event, End):
                gate.open()
        texts.append((text_of(seen), "".join(event.text for event in of_kind(Reasoning, seen))))

    assert texts[1] == ("Rain.", "Clouds.")
    assert "think" not in texts[0][0]


def test_a_refusal_is_what_the_person_reads(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(chunk({"refusal": "Not "}), chunk({"refusal": "that."}), FINISH))

    assert text_of(list(stream(reasoning_model(upstream), "Hi"))) == "Not that."


# How it ends


def test_a_stream_that_says_it_is_done_is_complete(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(says("Rain falls.")))

    end = end_of(list(stream(reasoning_model(upstream), "Hi")))

    assert (end.status, end.finish_reason) == ("done", "stop")


def test_a_stream_that_just_ends_has_broken_off(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(says("Rain "), says("fa"), done=False))

    seen = list(stream(reasoning_model(upstream), "Hi"))

    assert text_of(seen) == "Rain fa"
    assert code_of(seen) == INCOMPLETE.code


def test_what_was_held_back_is_shown_before_a_failure(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(says("Rain <"), done=False))

    seen = list(stream(reasoning_model(upstream), "Hi"))

    assert text_of(seen) == "Rain <"
    assert code_of(seen) == INCOMPLETE.code


@pytest.mark.parametrize(
    "said",
    [
        [],
        [FINISH],
        [says("")],
        [says(" \n"), FINISH],
        [chunk({"reasoning_content": "Clouds."}), FINISH],
        [chunk(finish="content_filter")],
    ],
    ids=str,
)
def test_an_empty_reply_is_never_done_without_a_word(
    upstream: ScriptedUpstream, stream: Stream, said: list[Any]
) -> None:
    upstream.enqueue(stream_of(*said))

    assert code_of(list(stream(reasoning_model(upstream), "Hi"))) == EMPTY.code


def test_reasoning_that_took_all_the_length_says_so(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(stream_of(chunk({"reasoning_content": "Clouds."}), chunk(finish="length")))

    end = end_of(list(stream(reasoning_model(upstream), "Hi")))

    assert (end.status, end.finish_reason) == ("done", "length")


# Errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"error": {"message": "No.", "code": None}}, UPSTREAM.code),
        ({"error": "No."}, UPSTREAM.code),
        ({"error": {"message": {"detail": "No."}}}, UPSTREAM.code),
        ({"error": {"code": 429, "message": "Slowly."}}, RATE_LIMITED.code),
        ({"error": {"type": "rate_limit_error"}}, RATE_LIMITED.code),
        ({"errors": [{"message": "No."}]}, UPSTREAM.code),
        ({"error": {"error": {"message": "Slowly.", "code": 429}}}, RATE_LIMITED.code),
        ({"error": [{"code": "429"}]}, RATE_LIMITED.code),
        ("event: ERROR\ndata: No.", UPSTREAM.code),
        ({"detail": "No."}, UPSTREAM.code),
        ({"object": "error", "message": "No."}, UPSTREAM.code),
        ({"type": "error", "message": "No."}, UPSTREAM.code),
        ({"code": 500, "message": "No."}, UPSTREAM.code),
        ({"success": False, "msg": "No."}, UPSTREAM.code),
        ({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, RATE_LIMITED.code),
        (chunk() | {"base_resp": {"status_code": 1004, "status_msg": "No."}}, UPSTREAM.code),
        (
            {"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": {"code": 502}}]},
            UPSTREAM.code,
        ),
        (chunk({"content": ""}) | {"error": {"message": "No."}}, UPSTREAM.code),
        ("event: error\ndata: No.", UPSTREAM.code),
        ('event: error\ndata: {"message": "No."}', UPSTREAM.code),
        ('data: {"choices": [{"del', UPSTREAM.code),
    ],
    ids=str,
)
@pytest.mark.parametrize("said", [[], [says("Rain fa")]], ids=["at once", "in the middle"])
def test_an_error_fails_the_run_in_whatever_shape_it_comes(
    upstream: ScriptedUpstream, stream: Stream, said: list[Any], error: Any, code: str
) -> None:
    upstream.enqueue(stream_of(*said, error))

    seen = list(stream(reasoning_model(upstream), "Hi"))

    assert text_of(seen) == ("Rain fa" if said else "")
    assert code_of(seen) == code


@pytest.mark.parametrize("nothing", [None, "", {}, []], ids=str)
def test_no_error_is_no_error(nothing: Any) -> None:
    assert text_in(says("Rain.") | {"error": nothing}, FINISH) == "Rain."


# What is no stream


def test_json_where_a_stream_was_asked_for_is_the_answer(upstream: ScriptedUpstream, stream: Stream) -> None:
    whole = {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Rain falls."}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
    }
    upstream.enqueue(body(json.dumps(whole, indent=1).encode(), content_type="application/json"))

    seen = list(stream(reasoning_model(upstream), "Hi"))

    assert text_of(seen) == "Rain falls."
    assert end_of(seen).usage == Usage(4, 2, "reported")


def test_json_a_line_is_the_answer_too(upstream: ScriptedUpstream, stream: Stream) -> None:
    lines = "\n".join(map(json.dumps, [says("Rain "), says("falls."), FINISH]))
    upstream.enqueue(body(lines.encode(), content_type="application/x-ndjson"))

    assert text_of(list(stream(reasoning_model(upstream), "Hi"))) == "Rain falls."


def test_events_are_events_whatever_the_server_calls_them(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(body(events(says("Rain."), FINISH), content_type="text/plain"))

    assert text_of(list(stream(reasoning_model(upstream), "Hi"))) == "Rain."


def test_a_compressed_body_is_read(upstream: ScriptedUpstream, stream: Stream) -> None:
    compressed = gzip.compress(events(says("Rain "), says("falls."), FINISH))
    headers = {"Content-Type": EVENTS, "Content-Encoding": "gzip"}
    upstream.enqueue(Reply(Raw(compressed), EndOfBody(), headers=headers))

    assert text_of(list(stream(reasoning_model(upstream), "Hi"))) == "Rain falls."


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/event-stream"])
def test_a_web_page_is_no_models_server_and_the_log_says_what_it_is(
    upstream: ScriptedUpstream, stream: Stream, content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.enqueue(body(b"<!DOCTYPE html><title>Sign in</title>", content_type=content_type))

    with caplog.at_level(logging.WARNING, "streaming"):
        seen = list(stream(reasoning_model(upstream), "Hi"))

    assert code_of(seen) == NO_MODEL_SERVER.code
    assert content_type in caplog.text
    assert "Sign in" not in caplog.text


def test_a_body_of_nothing_has_broken_off(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(body(b""))

    assert code_of(list(stream(reasoning_model(upstream), "Hi"))) == INCOMPLETE.code


# Whatever comes

values: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.just(0.5)
    | st.sampled_from(["", "stop", "Rain", "<think>", "</think>\n", "{}"])
    | st.just([])
    | st.just({})
    | st.just(["Rain"])
    | st.just({"text": "Rain"})
)
FIELDS = ("role", "content", "refusal", "reasoning", "reasoning_details", "tool_calls", "function_call")
deltas = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values))
choices = st.fixed_dictionaries(
    {},
    optional={"index": values, "delta": values | deltas, "message": values | deltas, "finish_reason": values},
)
chunks = st.fixed_dictionaries(
    {},
    optional={
        "choices": values | st.lists(choices, max_size=2),
        "usage": values
        | st.fixed_dictionaries({}, optional={"prompt_tokens": values, "completion_tokens": values}),
        "model": values,
        "object": values,
        "system_fingerprint": values,
    },
)


@given(st.lists(chunks, max_size=5), st.lists(chunks, max_size=2))
def test_a_field_of_any_type_or_none_loses_no_word_of_the_others(before: list[Any], after: list[Any]) -> None:
    with contextlib.suppress(openai.APIError):  # a finish reason "error", for one
        message = message_of(read([events(*before, says("Snow melts."), *after, FINISH)]))
        written = message.text + str(message.additional_kwargs.get("reasoning_content", ""))
        assert "Snow melts." in written


@given(st.data())
def test_the_reply_does_not_depend_on_the_pieces(data: st.DataObject) -> None:
    whole = events(chunk({"reasoning": "Clouds…"}), ": alive", says("Rain "), says("fälls 🌧."), FINISH)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    message = message_of(read(pieces))

    assert message.text == "Rain fälls 🌧."
    assert message.additional_kwargs["reasoning_content"] == "Clouds…"


def test_what_comes_together_is_one_chunk() -> None:
    whole = events(*(says(f"{number} ") for number in range(50)), FINISH)

    assert [part.text for part in read([whole]) if part.text] == [
        "".join(f"{number} " for number in range(50))
    ]
