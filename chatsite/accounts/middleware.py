"""What is asked of every request, before anything is done for it."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from chatsite.accounts import limits
from chatsite.accounts.limits import LimitReached
from chatsite.answers import limited

logger = logging.getLogger("chatsite.limits")

FREE = frozenset({"/healthz", "/readyz", "/metrics"})
SIGN_IN = frozenset({"/accounts/login/", "/admin/login/"})


class AddressLimits(MiddlewareMixin):
    """Refuses an address that asks for too much. What cannot be counted is let through: the database is away,
    and whatever needs it says so."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.path_info in FREE:
            return None
        try:
            limits.take_for_address(request, "requests")
            if request.method == "POST" and request.path_info in SIGN_IN:
                limits.take_for_address(request, "sign_ins")
        except LimitReached as reached:
            return limited(request, str(reached), retry_after=reached.retry_after)
        except DatabaseError as error:
            logger.warning("a request could not be counted: %s", type(error).__name__)
        return None
