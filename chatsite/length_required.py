"""Requests that do not say how long their body is, as some programs and proxies send them (chunked)."""

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from chatsite.answers import error


class LengthRequired(MiddlewareMixin):
    """Refuses them, where Django would take the body for an empty one: on WSGI."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if not isinstance(request, WSGIRequest) or "Transfer-Encoding" not in request.headers:
            return None
        message = "The request does not say how long it is: send it with a Content-Length."
        return error(request, 411, "length_required", message)
