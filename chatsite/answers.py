"""Answers that every part of the site gives: errors, and the way to a result that is elsewhere.

An error is JSON where JSON or events were asked for, and a page otherwise. It says nothing of the cause.
"""

import sys

from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from streaming.admission import Busy
from streaming.outages import is_outage

_TITLES = {
    400: gettext_noop("That did not work"),
    403: gettext_noop("Not allowed"),
    404: gettext_noop("Not found"),
    405: gettext_noop("Not possible here"),
    411: gettext_noop("Length required"),
    413: gettext_noop("Too large"),
    429: gettext_noop("Limit reached"),
    500: gettext_noop("Something went wrong"),
    502: gettext_noop("Something went wrong"),
    503: gettext_noop("Busy"),
}

_PASSING = (429, 500, 503)
"""What the same request may not meet a second time."""


class SeeOther(HttpResponseRedirect):
    """The answer to a form that was taken: the result is at another address, and a reload does not send the
    form again."""

    status_code = 303


def wants_events(request: HttpRequest) -> bool:
    """Whether the answer is to be a stream of events."""
    return "text/event-stream" in request.headers.get("Accept", "")


def error(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """An error with a stable code, and a sentence that says what to do."""
    if wants_events(request) or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"error": {"code": code, "message": message}}, status=status)
    context = {
        "title": _(_TITLES.get(status, _TITLES[400])),
        "code": code,
        "message": message,
        "now": timezone.now(),
        "again": request.get_full_path() if request.method == "GET" and status in _PASSING else "",
    }
    return render(request, "error.html", context, status=status)


def busy(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    """The error for a request that there is no room for now."""
    message = _("The site is busy. Nothing was lost: try again in {seconds} seconds.")
    response = error(request, 503, "busy", message.format(seconds=retry_after))
    response["Retry-After"] = str(retry_after)
    return response


class LengthRequired(MiddlewareMixin):
    """Refuses a body in chunks, which does not say how long it is: on WSGI Django would take it for empty."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if not isinstance(request, WSGIRequest) or "Transfer-Encoding" not in request.headers:
            return None
        message = _("The request does not say how long it is: send it with a Content-Length.")
        return error(request, 411, "length_required", message)


class BrowserPolicies(MiddlewareMixin):
    """Tells browsers that no other site may embed what comes from here, and that no page needs a device."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), usb=()")
        return response


def limited(request: HttpRequest, message: str, *, retry_after: int | None) -> HttpResponse:
    """The visitor has reached a limit of their own. None: time does not end it."""
    response = error(request, 429, "limit_reached", message)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


# Django calls these: handler400 and so on in chatsite.urls, CSRF_FAILURE_VIEW in the settings.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return error(request, 413, "too_large", _("That is more than this site takes in one request."))
    return error(request, 400, "bad_request", _("The request is not valid. Reload the page and try again."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error(request, 403, "forbidden", _("You may not do that."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error(request, 404, "not_found", _("There is nothing here, or it is not yours to see."))


def server_error(request: HttpRequest) -> HttpResponse:
    if is_outage(sys.exception()):
        return busy(request, retry_after=Busy.retry_after)
    message = _("Something went wrong on this site. Try again in a moment.")
    try:
        return error(request, 500, "internal", message)
    except Exception:  # noqa: BLE001 - what went wrong may well be the templates
        return HttpResponse(message, status=500, content_type="text/plain")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error(
        request, 403, "csrf", _("This page is out of date, or cookies are off. Reload it and try again.")
    )
