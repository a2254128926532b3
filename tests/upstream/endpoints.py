"""What each request is answered with, once its script is known."""

from typing import Literal

from tests.upstream import wire
from tests.upstream.connection import Connection
from tests.upstream.player import StreamPlayer, fail, send_json
from tests.upstream.request import Request
from tests.upstream.responses import ResponsesPlayer
from tests.upstream.script import Embeddings, Failure, Raw, Reply
from tests.upstream.whole import play_whole

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
RESPONSES = "/v1/responses"


class UnscriptedError(Exception):
    """A request for which the test has made no script, or one that does not fit it."""


def answer(
    connection: Connection, request: Request, script: Reply | Failure | Embeddings | None, *, model: str
) -> bool:
    """Say the script; models and embeddings need none. Returns whether the connection can be kept."""
    match script, request.method, request.path:
        case Failure(), _, _:
            return fail(connection, script)
        case Reply(), "POST", ("/v1/chat/completions" | "/v1/completions"):
            return complete(connection, request, script)
        case Reply(), "POST", "/v1/responses" if request.streams or says_bytes(script):
            bodies = wire.Bodies(kind="chat", id=f"resp_{request.number}", model=request.json["model"])
            return ResponsesPlayer(connection, request, bodies).play(script)
        case None, "GET", "/v1/models":
            return send_json(connection, 200, wire.models([model]))
        case None, "POST", "/v1/embeddings":
            return send_json(connection, 200, wire.embeddings(request.json))
        case Embeddings(vector_of), "POST", "/v1/embeddings":
            return send_json(connection, 200, wire.embeddings(request.json, vector_of))
        case _:
            what = f"{request.method} {request.path} (request {request.number})"
            why = f"{script!r} is no answer to it" if script else "nothing was enqueued for it"
            message = f"scripted upstream: {what}: {why}"
            raise UnscriptedError(message)


def says_bytes(reply: Reply) -> bool:
    """Whether its body is given as it is, whatever was asked for."""
    return any(isinstance(step, Raw) for step in reply.steps)


def complete(connection: Connection, request: Request, reply: Reply) -> bool:
    """A chat or text completion, streamed or whole."""
    kind: Literal["chat", "text"] = "chat" if request.path == CHAT else "text"
    bodies = wire.Bodies(kind=kind, id=f"{kind}cmpl-{request.number}", model=request.json["model"])
    if request.streams or says_bytes(reply):
        return StreamPlayer(connection, request, bodies).play(reply)
    return play_whole(connection, bodies, reply)
