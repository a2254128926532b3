"""Errors for people: JSON where JSON or events were asked for, a page otherwise. Nothing of the cause."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from streaming.admission import RETRY_AFTER
from streaming.outages import is_outage

_TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    411: "Length required",
    413: "Too large",
    500: "Something went wrong",
    503: "Busy",
}


def wants_events(request: HttpRequest) -> bool:
    """Whether the answer is to be a stream of events."""
    return "text/event-stream" in request.headers.get("Accept", "")


def error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """An error with a stable code, and a sentence that says what to do."""
    if wants_events(request) or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": {"code": code, "message": message}}, status=status)
    context = {"title": _TITLES.get(status, _TITLES[400]), "code": code, "message": message}
    return render(request, "error.html", context, status=status)


def busy(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    """No room now."""
    response = error(
        request, 503, "busy", f"The site is busy. Nothing was lost: try again in {retry_after} seconds."
    )
    response["Retry-After"] = str(retry_after)
    return response


# Django calls these: handler400 and so on in chatsite.urls, CSRF_FAILURE_VIEW in the settings.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return error(request, 413, "too_large", "That is more than this site takes in one request.")
    return error(request, 400, "bad_request", "The request is not valid. Reload the page and try again.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error(request, 403, "forbidden", "You may not do that.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error(request, 404, "not_found", "There is nothing here, or it is not yours to see.")


def server_error(request: HttpRequest) -> HttpResponse:
    if is_outage(sys.exception()):
        return busy(request, retry_after=RETRY_AFTER)
    message = "Something went wrong on this site. Try again in a moment."
    try:
        return error(request, 500, "internal", message)
    except Exception:  # noqa: BLE001 - what went wrong may well be the templates
        return HttpResponse(message, status=500, content_type="text/plain")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error(
        request, 403, "csrf", "This page is out of date, or cookies are off. Reload it and try again."
    )
