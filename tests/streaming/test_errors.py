"""What the person is told, and what the log says."""

import json
import logging

import pytest

from streaming import errors
from streaming.errors import RunFailed, classify, log_failure


def raised(exc: Exception, cause: Exception | None = None) -> Exception:
    """The exception as a handler gets it: with a traceback, and a cause."""
    with pytest.raises(type(exc)) as caught:
        raise exc from cause
    return caught.value


def test_a_cause_tells_more_than_what_it_was_wrapped_in() -> None:
    class ConnectTimeout(Exception): ...

    class APIConnectionError(Exception): ...

    wrapped = raised(APIConnectionError("x"), ConnectTimeout("y"))

    assert classify(wrapped, providers=True, began=False) is errors.TIMEOUT_CONNECT


def test_a_connection_lost_after_the_reply_began_is_a_reply_that_broke_off() -> None:
    lost = raised(ConnectionResetError("x"))

    assert classify(lost, providers=True, began=False) is errors.UNREACHABLE
    assert classify(lost, providers=True, began=True) is errors.INCOMPLETE


def test_a_conversation_beyond_the_models_context_is_told_as_such() -> None:
    class BadRequestError(Exception):
        status_code = 400
        code = "context_length_exceeded"

    assert classify(raised(BadRequestError("canary")), providers=True, began=False) is errors.TOO_LONG


def test_a_failure_that_names_its_error_keeps_it() -> None:
    assert classify(RunFailed(errors.REPLY_TOO_LONG), providers=True, began=True) is errors.REPLY_TOO_LONG


def test_what_a_tool_or_a_function_raises_is_not_the_providers_fault() -> None:
    for exc in (ConnectionError("x"), TimeoutError("x"), json.JSONDecodeError("x", "y", 0)):
        assert classify(raised(exc), providers=False, began=False) is errors.INTERNAL


def test_anything_else_is_our_own_fault() -> None:
    assert classify(raised(KeyError("x")), providers=True, began=True) is errors.INTERNAL


def test_the_log_has_types_status_and_stack_but_no_message(caplog: pytest.LogCaptureFixture) -> None:
    class StatusError(Exception):
        status_code = 500
        request_id = "req-1"
        code = "canary in the code"

    exc = raised(StatusError("canary-prompt"), ValueError("canary-key"))

    with caplog.at_level(logging.DEBUG):
        log_failure("the-run", errors.INTERNAL, exc)

    assert "the-run" in caplog.text
    assert "StatusError status_code=500 request_id=req-1 <- builtins.ValueError" in caplog.text
    assert "in raised" in caplog.text
    assert "canary-prompt" not in caplog.text
    assert "canary-key" not in caplog.text
    assert "canary in the code" not in caplog.text
