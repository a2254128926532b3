"""Views for durable runs, for `path("runs/", include("streaming.urls"))`: follow one, and stop it.

A run is there for those whom it belongs to, and for all others it is not:

    runs.start(job, belongs_to=asking(request))
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from streaming import admission, runs
from streaming.admission import TooMany
from streaming.models import Run
from streaming.response.response import EventStreamResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_READERS = 12
"""Streams that one may read at once: a browser opens six, and there may be two."""
_BUSY = {"code": "busy", "message": _("The site is busy. Try again in a few seconds.")}
_TOO_MANY = {
    "code": "limit_reached",
    "message": _("You have as many open as one person may have. Close one, or try again in a few seconds."),
}


def asking(request: HttpRequest) -> str:
    """Who asks: a user, or else the session, which is begun if there is none."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user {user.pk}"
    if not request.session.session_key:
        request.session.create()
    return f"session {request.session.session_key}"


def busy_is_503(view: View[P]) -> View[P]:
    """Decorates a view that starts a run: when there is no room, the answer says when to come again. Whoever
    has as many places as one may have is answered 429."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except runs.Busy as exc:
            error, status = (_TOO_MANY, 429) if isinstance(exc, TooMany) else (_BUSY, 503)
            headers = {"Retry-After": str(exc.retry_after)}
            return JsonResponse({"error": error}, status=status, headers=headers)

    return answer


@require_GET
@busy_is_503
def follow(request: HttpRequest, run_id: UUID) -> HttpResponseBase:
    """Answer with the run's events after the one in `Last-Event-ID` or `?after=`; 204 when no more will come,
    so that an `EventSource` does not ask again."""
    _find(request, run_id)
    last = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not re.fullmatch("[0-9]{1,18}", last):
        return HttpResponse(status=400)
    try:
        log = runs.log(run_id)
    except runs.Pruned:
        return HttpResponse(status=204)
    if log.ended and int(last) >= log.last_id:
        return HttpResponse(status=204)
    with admission.readers.enter(owner=asking(request), most=_READERS) as place:
        response = EventStreamResponse(log.follow(after=int(last)), on_close=place.leave)
        place.hand_over()
    return response


@require_POST
def stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Stop the run, wherever it runs."""
    _find(request, run_id)
    runs.stop(run_id)
    return HttpResponse(status=204)


def _find(request: HttpRequest, run_id: UUID) -> None:
    """Raises `Http404` unless there is such a run, and it belongs to whoever asks."""
    if not Run.objects.filter(pk=run_id, belongs_to=asking(request)).exists():
        raise Http404
