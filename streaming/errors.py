"""What went wrong, for two audiences: a sentence for the person, a traceback for the log.

Providers' error texts echo prompts and keys, so neither audience gets `str(exc)`: the person gets a sentence
of ours, the log gets the exceptions' types, status and request ids, and their stack. With Django's DEBUG the
log has the message, too, of what the developer's own code raised.

A sentence is English wherever it is kept, and where it is shown in its reader's language (`in_language`).
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from string import Formatter

from django.utils.translation import gettext

from streaming.events import Error

logger = logging.getLogger("streaming")


def _(sentence: str) -> str:
    """Mark what is translated where it is shown. (Django's own mark looks at the settings.)"""
    return sentence


UNREACHABLE = Error("upstream_unreachable", _("The model's server cannot be reached."), retryable=True)
AUTH = Error("upstream_auth", _("The model's server did not accept this site's key."), retryable=False)
NO_MODEL = Error("upstream_model_missing", _("The model's server does not have this model."), retryable=False)
RATE_LIMITED = Error(
    "upstream_rate_limited", _("The model's server has too many requests. Try again shortly."), retryable=True
)
REJECTED = Error("upstream_rejected", _("The model's server rejected the request."), retryable=False)
NO_MODEL_SERVER = Error(
    "upstream_not_a_model", _("The address does not answer as a model's server does."), retryable=False
)
EMPTY = Error("upstream_empty", _("The model's reply was empty. Try again."), retryable=True)
TOO_LONG = Error("context_too_long", _("This conversation is too long for the model."), retryable=False)
UPSTREAM = Error("upstream_error", _("The model's server failed. Try again."), retryable=True)
INCOMPLETE = Error(
    "upstream_incomplete", _("The reply broke off before the model had finished it."), retryable=True
)
TIMEOUT_CONNECT = Error("timeout", _("The model's server did not answer in time."), retryable=True)
TIMEOUT_FIRST = Error("timeout", _("The model did not begin its reply in time."), retryable=True)
TIMEOUT_IDLE = Error("timeout", _("The model fell silent in the middle of its reply."), retryable=True)
TIMEOUT_TOTAL = Error("timeout", _("The reply took longer than this site allows."), retryable=True)
REPLY_TOO_LONG = Error("reply_too_long", _("The reply grew longer than this site allows."), retryable=False)
"""The error of a run that gave out more than `MAX_CHARACTERS`."""
OUTPUT = Error(
    "output_invalid",
    _("The model's reply did not have the form that was asked for. Try again."),
    retryable=True,
)
INTERNAL = Error("internal", _("Something went wrong on this site."), retryable=True)

_FINAL = frozenset(
    error.code for error in (AUTH, NO_MODEL, REJECTED, NO_MODEL_SERVER, TOO_LONG, REPLY_TOO_LONG)
)


def is_retryable(code: str) -> bool:
    """Whether the same request may well succeed a little later, for a code that was kept alone."""
    return code not in _FINAL


_BY_STATUS = {401: AUTH, 403: AUTH, 404: NO_MODEL, 429: RATE_LIMITED, 413: TOO_LONG}
_BY_CLASS = {  # of httpx2, httpcore2, the SDKs that are made like openai's, `upstream/`, and Python
    "ConnectTimeout": TIMEOUT_CONNECT,
    "ConnectError": UNREACHABLE,
    "TimeoutException": TIMEOUT_IDLE,
    "APITimeoutError": TIMEOUT_FIRST,
    "NotAModelServer": NO_MODEL_SERVER,
    "EmptyReply": EMPTY,
    "BrokenOff": INCOMPLETE,
    "ReadError": INCOMPLETE,
    "RemoteProtocolError": INCOMPLETE,
    "TransportError": UNREACHABLE,
    "APIConnectionError": UNREACHABLE,
    "APIError": UPSTREAM,
    "LengthFinishReasonError": OUTPUT,  # of openai's client, which parses what has a schema
    "ValidationError": OUTPUT,
    "JSONDecodeError": UPSTREAM,
    "ConnectionError": UNREACHABLE,
    "TimeoutError": TIMEOUT_IDLE,
}


_with_places: dict[str, re.Pattern[str]] = {}


def with_places(sentence: str) -> str:
    """Take note of a sentence that has places to be filled in (`{kind}`, or `{number:d}` for digits only), so
    that `in_language` knows it again when they are."""
    names = [name for _text, name, _spec, _how in Formatter().parse(sentence) if name]
    if len(names) != len(set(names)):
        raise ValueError(f"a place comes twice: {sentence}")
    pattern = re.sub(r"\\{(\w+):d\\}", r"(?P<\1>\\d+)", re.escape(sentence))
    _with_places[sentence] = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", pattern), re.DOTALL)
    return sentence


TOOL_FAILED = with_places(_("The tool failed ({kind})."))
"""What is told of a tool that raised: `kind` is the exception's class."""


def in_language(sentence: str) -> str:
    """What was kept in English, in the language that is active. What no catalog has stays as it is."""
    if not sentence or (told := gettext(sentence)) != sentence:
        return told if sentence else ""
    for form, pattern in _with_places.items():
        if (found := pattern.fullmatch(sentence)) and (told := gettext(form)) != form:
            places = found.groupdict().items()
            return told.format(**{name: int(text) if f"{name}:d" in form else text for name, text in places})
    return sentence


class RunFailed(Exception):
    """A run failed in a way that no exception of its own tells: too late, too long, broken off."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


def classify(exc: BaseException, *, providers: bool, began: bool) -> Error:
    """The error to show for an exception: by HTTP status, else by its class, causes first.

    Only an exception that came from a model or a retriever is the `provider's`: the same one, raised by a
    tool or a function, is a fault of this site. A server that is gone after it `began` to reply could be
    reached: the reply broke off.
    """
    if isinstance(exc, RunFailed):
        return exc.error
    if type(exc).__name__ == "OutputParserException":
        return OUTPUT
    error = _providers_error(exc) if providers else INTERNAL
    return INCOMPLETE if began and error is UNREACHABLE else error


def _providers_error(exc: BaseException) -> Error:
    for cause in reversed(list(causes(exc))):
        status = getattr(cause, "status_code", None)
        if isinstance(status, int) and status >= 400:
            return _by_status(status, cause)
        for cls in type(cause).__mro__:
            if error := _BY_CLASS.get(cls.__name__):
                return error
    return INTERNAL


def _by_status(status: int, exc: BaseException) -> Error:
    if getattr(exc, "code", None) == "context_length_exceeded":
        return TOO_LONG
    return _BY_STATUS.get(status) or (REJECTED if status < 500 else UPSTREAM)


def causes(exc: BaseException | None) -> Iterator[BaseException]:
    """The exception, its cause, the cause's cause."""
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        yield exc
        exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)


def log_failure(run: str, error: Error, exc: BaseException | None, *, own: bool = False) -> None:
    """Log why a run failed: what a developer needs, nothing that a person or a provider wrote.

    `own`: no provider raised it. Under DEBUG its message is logged, if the developer's code has raised it.
    """
    if exc is None:
        logger.warning("run %s failed: %s", run, error.code)
        return
    kinds = " <- ".join(_kind(cause) for cause in causes(exc))
    stack = "".join(traceback.format_tb(exc.__traceback__)).rstrip()
    if error is INTERNAL:
        message = _message(exc) if own and _debug() else ""
        logger.error("run %s failed: %s: %s\n%s%s", run, error.code, kinds, stack, message)
    else:
        logger.warning("run %s failed: %s: %s", run, error.code, kinds)
        logger.debug("run %s failed here:\n%s", run, stack)


def _debug() -> bool:
    from django.conf import settings

    return settings.configured and settings.DEBUG


def _message(exc: BaseException) -> str:
    """Return what the exception says, and what caused it; nothing if anything else raised one of them: a
    message often quotes its cause's."""
    chain = list(causes(exc))
    if not all(_is_developers(cause) for cause in chain):
        return ""
    return "\n" + "".join(line for cause in chain for line in traceback.format_exception_only(cause)).rstrip()


def _is_developers(exc: BaseException) -> bool:
    """Whether the exception was raised in the developer's code, or by what it called of Python or Django.

    A prompt's missing variable is the developer's, too: its message names variables, and has no values.
    """
    frames = [frame for frame, _ in traceback.walk_tb(exc.__traceback__)]
    if not frames:
        return False
    module = str(frames[-1].f_globals.get("__name__"))
    package = module.partition(".")[0]
    if module.startswith("langchain_core.prompts."):
        return isinstance(exc, KeyError)
    if package in ("http", "urllib", "streaming"):  # may quote what a server said
        return False
    installed = re.search(r"[\\/](site|dist)-packages[\\/]", frames[-1].f_code.co_filename)
    return not installed or package in ("django", *sys.stdlib_module_names)


def _kind(exc: BaseException) -> str:
    kind = f"{type(exc).__module__}.{type(exc).__qualname__}"
    for name in ("status_code", "code", "request_id", "errno"):
        if re.fullmatch(r"[\w.-]{1,80}", value := str(getattr(exc, name, "") or "")):
            kind += f" {name}={value}"
    return kind
