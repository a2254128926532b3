"""A person's documents: the list, uploading, deleting, and a passage where it stands."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther, error
from chatsite.documents import uploads
from chatsite.documents.embeddings import EmbeddingFailed
from chatsite.documents.forms import ACCEPT, UploadForm, too_large
from chatsite.documents.models import Document, Passage, PassageQuerySet
from chatsite.documents.parsing import UNKNOWN_KIND, Unreadable
from chatsite.documents.shown import shown
from streaming.admission import Busy
from streaming.errors import in_language

_STATUS = {"too_large": 413, "limit_reached": 429, "embedding_failed": 502, "busy": 503}
"""Of refusals; the others are 400."""


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def documents(request: VisitorRequest) -> HttpResponse:
    """The list, and the form that adds to it."""
    visitor = request.visitor
    if request.method == "POST":
        return _upload(request, visitor)
    return _page(request, visitor)


@for_visitors
@require_safe
@never_cache
def document(request: VisitorRequest, document_id: UUID) -> HttpResponse:
    """Where a document begins."""
    return _passage_page(request, Passage.objects.filter(document=document_id, number=1))


@for_visitors
@require_POST
def ask(request: VisitorRequest, document_id: UUID) -> HttpResponse:
    """Answer questions from a document (`asked` is 1), or leave it out (0)."""
    found = _own(request, document_id)
    found.ask(asked=request.POST.get("asked") == "1")
    told = _("{title} answers questions again.") if found.is_asked else _("{title} is left out of answers.")
    messages.success(request, told.format(title=found.title))
    return SeeOther(reverse("documents:list"))


@for_visitors
@require_POST
def delete(request: VisitorRequest, document_id: UUID) -> HttpResponse:
    """Delete a document and all its passages."""
    found = _own(request, document_id)
    found.remove()
    messages.success(request, _("{title} was deleted.").format(title=found.title))
    return SeeOther(reverse("documents:list"))


@for_visitors
@require_safe
@never_cache
def passage(request: VisitorRequest, passage_uuid: UUID) -> HttpResponse:
    """A passage, between the one before and the one after it."""
    return _passage_page(request, Passage.objects.filter(uuid=passage_uuid))


def _own(request: VisitorRequest, document_id: UUID) -> Document:
    found = Document.objects.for_visitor(request.visitor).filter(pk=document_id).first()
    if found is None:
        raise Http404
    return found


def _passage_page(request: VisitorRequest, passages: PassageQuerySet) -> HttpResponse:
    found = passages.for_visitor(request.visitor).first()
    if found is None:
        return _gone(request)
    near = found.document.passages.filter(number__in=(found.number - 1, found.number + 1))
    around = {passage.number: passage for passage in near}
    before, after = around.get(found.number - 1), around.get(found.number + 1)
    text_before, text, text_after = shown(found, before, after)
    context = {
        "document": found.document,
        "passage": found,
        "before": before,
        "after": after,
        "shown_before": text_before,
        "shown": text,
        "shown_after": text_after,
    }
    return render(request, "documents/passage.html", context)


def _gone(request: VisitorRequest) -> HttpResponse:
    """A reply's source outlives its document. Who asks for another person's is told the same."""
    message = _(
        "This is not among your documents, or not any more. What a reply has quoted stands below the reply."
    )
    if "application/json" in request.headers.get("Accept", ""):
        return error(request, 404, "not_found", message)
    return render(request, "documents/gone.html", {"message": message}, status=404)


def _upload(request: VisitorRequest, visitor: Visitor) -> HttpResponse:
    form = UploadForm(request)
    if not form.is_valid():
        return _refuse(request, visitor, form.first_error)
    file = form.cleaned_data["file"]
    try:
        document = uploads.add(file.name, file.read(), visitor=known_visitor_of(request))
    except uploads.AlreadyThere as exc:
        told = _("You have this file already, as {title}.").format(title=exc.document.title)
        return _taken(request, told, status=200)
    except Unreadable as exc:
        return _refuse(request, visitor, ValidationError(str(exc), code="unreadable"))
    except LimitReached as exc:
        refusal = ValidationError(str(exc), code="limit_reached")
        return _refuse(request, visitor, refusal, retry_after=exc.retry_after)
    except EmbeddingFailed as exc:
        told = _("Nothing was stored. {why}").format(why=in_language(str(exc)))
        return _refuse(request, visitor, ValidationError(told, code="embedding_failed"))
    except Busy as exc:
        told = _(
            "Too many files come at once. Nothing was stored: upload yours again in {seconds} seconds."
        ).format(seconds=exc.retry_after)
        refusal = ValidationError(told, code="busy")
        return _refuse(request, visitor, refusal, retry_after=exc.retry_after)
    added = _("{title} was added. You can ask about it now.").format(title=document.title)
    return _taken(request, f"{added} {in_language(document.remark)}".strip(), status=201)


def _taken(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"message": message}, status=status)
    messages.success(request, message)
    return SeeOther(reverse("documents:list"))


def _refuse(
    request: VisitorRequest, visitor: Visitor, refusal: ValidationError, *, retry_after: int | None = None
) -> HttpResponse:
    """On the page itself, next to the form. Time ends it after so many seconds, if that is not None."""
    code, message = refusal.code or "invalid", refusal.messages[0]
    status = _STATUS.get(code, 400)
    if "application/json" in request.headers.get("Accept", ""):
        response = error(request, status, code, message)
    else:
        response = _page(request, visitor, status=status, refusal=message)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _page(request: VisitorRequest, visitor: Visitor, *, status: int = 200, refusal: str = "") -> HttpResponse:
    context = {
        "documents": Document.objects.for_visitor(visitor),
        "refusal": refusal,
        "accept": ACCEPT,
        "unknown_kind": UNKNOWN_KIND,
        "too_large": too_large(),
        "most_bytes": settings.DOCUMENT_MAX_BYTES,
        "most_documents": settings.DOCUMENTS_PER_PERSON,
        "most_megabytes": f"{settings.DOCUMENT_MAX_BYTES / 1_000_000:g}",
        "most_pages": f"{settings.DOCUMENT_MAX_PAGES:,}",
        "most_characters": f"{settings.DOCUMENT_MAX_CHARACTERS:,}",
    }
    return render(request, "documents/list.html", context, status=status)
