"""The page that searches a person's conversations."""

from itertools import groupby

from django.db import connection
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.visitor import VisitorRequest
from chatsite.chat import search as searching

AT_ONCE = 20
"""Hits on a page."""
MOST_DIGITS = 18


@for_visitors
@require_safe
@never_cache
def search(request: VisitorRequest) -> HttpResponse:
    """Show the form, and what was found: some at a time, from the number on that the link to more has."""
    query = request.GET.get("q", "")
    terms = searching.terms_of(query)
    before = _number(request.GET["before"]) if "before" in request.GET else None
    found = searching.search(terms, visitor=request.visitor, limit=AT_ONCE + 1, before=before)
    hits = found[:AT_ONCE]
    only_short = bool(terms) and max(map(len, terms)) < searching.GRAM
    context = {
        "query": query[: searching.LONGEST],
        "longest": searching.LONGEST,
        "is_asked": bool(terms),
        "conversations": [
            (conversation, searching.pieces_of(conversation.title, terms), list(group))
            for conversation, group in groupby(hits, key=lambda hit: hit.found.conversation)
        ],
        "more": hits[-1].found.pk if len(found) > AT_ONCE else None,
        "looked_at": searching.LOOKED_AT if only_short and connection.vendor == "sqlite" else None,
    }
    return render(request, "chat/search.html", context)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Http404
    return int(text)
