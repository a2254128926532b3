"""For Django REST framework, which is needed to import this: views that answer `Accept: text/event-stream`.

@api_view(["POST"])
@renderer_classes([EventStreamRenderer, JSONRenderer])
def answer(request):
    return EventStreamResponse(stream(llm, request.data["question"]))
"""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class EventStreamRenderer(JSONRenderer):  # type: ignore[misc] # the framework has no types
    """Lets the framework accept readers of events. An `EventStreamResponse` is sent as it is; what the
    framework itself has to say, an error mostly, is JSON."""

    media_type = "text/event-stream"
    format = "events"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if renderer_context and (response := renderer_context.get("response")) is not None:
            response["Content-Type"] = JSONRenderer.media_type
        return super().render(data, JSONRenderer.media_type, renderer_context)
