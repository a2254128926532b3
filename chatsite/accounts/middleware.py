"""What is asked of every request, before anything is done for it."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from chatsite.accounts import limits, passwords
from chatsite.accounts.limits import LimitReached
from chatsite.answers import busy, limited
from streaming.admission import Busy

audit = logging.getLogger("chatsite.audit")
logger = logging.getLogger("chatsite.limits")

FREE = frozenset({"/healthz", "/readyz", "/metrics"})
SIGN_IN = "/accounts/"
"""Where forms lead that compare or hash a password, or send a mail."""
SIGN_OUT = "/accounts/logout/"


FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


class NoDebugBehindProxy(MiddlewareMixin):
    """Refuses what a proxy hands on while DEBUG is on: the proxy may well answer to everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if any(name in request.headers for name in FORWARDED):
            return HttpResponseForbidden("DEBUG is on, which is not for use behind a proxy.\n", "text/plain")
        return None


class Audit(MiddlewareMixin):
    """Takes down what staff read, change and delete in the admin: a line in the log for each request."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        match = request.resolver_match
        if match is not None and match.namespace == "admin" and request.user.is_authenticated:
            where, status = request.path_info, response.status_code
            audit.info("user %s: %s %s: %d", request.user.pk, request.method, where, status)
        return response


class PasswordsInTurn(MiddlewareMixin):
    """Refuses a password, and what else the pages of an account are sent, where too many are under way."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if not _signs_in(request):
            return None
        try:
            vars(request)["password_place"] = passwords.place(request)
        except LimitReached as reached:
            return limited(request, str(reached), retry_after=reached.retry_after)
        except Busy as exc:
            return busy(request, retry_after=exc.retry_after)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if place := vars(request).get("password_place"):
            place.leave()
        return response


class AddressLimits(MiddlewareMixin):
    """Refuses an address that asks for too much. What cannot be counted is let through: the database is away,
    and whatever needs it says so."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.path_info in FREE:
            return None
        try:
            limits.take_for_address(request, "requests")
            if _signs_in(request):
                limits.take_for_address(request, "sign_ins")
        except LimitReached as reached:
            return limited(request, str(reached), retry_after=reached.retry_after)
        except DatabaseError as error:
            logger.warning("a request could not be counted: %s", type(error).__name__)
        return None


def _signs_in(request: HttpRequest) -> bool:
    path = request.path_info
    return request.method == "POST" and path.startswith(SIGN_IN) and path != SIGN_OUT
