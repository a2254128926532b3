"""Where `EventStreamResponse` was documented first: programs that import it from here still can."""

from streaming.response.response import TICK, EventStreamResponse

__all__ = ["TICK", "EventStreamResponse"]
