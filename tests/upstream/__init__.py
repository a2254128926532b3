"""A scripted OpenAI-compatible server over real sockets, for tests.

    with ScriptedUpstream() as upstream:
        upstream.enqueue(Reply("Hel", "lo"))
        llm = ChatOpenAI(base_url=upstream.url, api_key="test-key", model="scripted")
        llm.invoke("Hi")

A test says what the provider does, fault by fault (`script.py`), opens gates
instead of sleeping (`gate.py`), and reads afterwards what was asked and when each
peer closed (`request.py`).
"""

from tests.upstream.gate import Gate
from tests.upstream.request import Request
from tests.upstream.script import (
    BAD_JSON,
    Comments,
    Cut,
    Delta,
    Embeddings,
    End,
    EndlessTokens,
    ErrorEvent,
    Event,
    Failure,
    Pause,
    Raw,
    Reasoning,
    Reply,
    Reset,
    Token,
    ToolCall,
    Unframed,
    Usage,
)
from tests.upstream.server import ScriptedUpstream
from tests.upstream.unreachable import refusing_url, silent_port_url

__all__ = [
    "BAD_JSON",
    "Comments",
    "Cut",
    "Delta",
    "Embeddings",
    "End",
    "EndlessTokens",
    "ErrorEvent",
    "Event",
    "Failure",
    "Gate",
    "Pause",
    "Raw",
    "Reasoning",
    "Reply",
    "Request",
    "Reset",
    "ScriptedUpstream",
    "Token",
    "ToolCall",
    "Unframed",
    "Usage",
    "refusing_url",
    "silent_port_url",
]
