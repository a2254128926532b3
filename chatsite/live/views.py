"""The list of conversations by itself, and a stream that says when to ask for it again."""

from hashlib import sha256

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.chat import listing
from chatsite.live import stream
from streaming import runs
from streaming.admission import Busy

LATER = 20
"""Seconds after which a page that found no place for a stream asks again."""


@for_visitors
@require_safe
@never_cache
def conversations(request: VisitorRequest) -> HttpResponse:
    """Send the list as it is beside the page: the same HTML, from the same template."""
    response = render(request, "chat/conversation_groups.html", {"groups": listing.beside(request.visitor)})
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    response["ETag"] = etag
    return response


@for_visitors
@require_GET
@never_cache
def events(request: VisitorRequest) -> HttpResponseBase:
    """Send an event whenever the list has changed. 204: there is no place for now, or nothing can change."""
    if request.visitor == Visitor():
        return HttpResponse(status=204)
    try:
        with stream.place_for(request.visitor) as place:
            return stream.response(request, place)
    except Busy:
        retry_after = 1 if runs.is_draining() else LATER
        return HttpResponse(status=204, headers={"Retry-After": str(retry_after)})
