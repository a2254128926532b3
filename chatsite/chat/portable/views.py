"""The page on which conversations are exported and imported, and the files."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from chatsite.accounts import limits
from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import Visitor, VisitorRequest
from chatsite.answers import SeeOther, busy, error
from chatsite.chat.branch import leaf_of
from chatsite.chat.models import Conversation, Message
from chatsite.chat.portable import imports
from chatsite.chat.portable.export import as_json, everything_of
from chatsite.chat.portable.markdown import as_markdown
from chatsite.chat.portable.numbering import let_go
from chatsite.documents.forms import UploadForm
from streaming import admission
from streaming.admission import Admission, Busy, Place, TooMany

Write = Callable[[Iterable[Conversation]], Iterator[str]]

FORMATS: dict[str, tuple[Write, str]] = {
    "json": (as_json, "application/json"),
    "md": (as_markdown, "text/markdown; charset=utf-8"),
}
EACH = 2
"""Files that one person may have sent at once: each holds a thread until the last byte has gone."""
_STATUS = {"too_large": 413, "limit_reached": 429}

_being_sent = Admission()


class ImportForm(UploadForm):
    """One file of conversations."""

    def too_large(self) -> str:
        megabytes = settings.DOCUMENT_MAX_BYTES / 1_000_000
        told = _(
            "The file is larger than {megabytes:g} MB. Export the chats one by one, and import those files."
        )
        return told.format(megabytes=megabytes)


class Download(StreamingHttpResponse):
    """A file to be saved, as it is written. It gives its place back when it is closed."""

    def __init__(
        self, text: Iterator[str] | Iterator[bytes], place: Place, *, name: str, content_type: str
    ) -> None:
        super().__init__(text, content_type=content_type)
        self._place = place
        self["Content-Disposition"] = content_disposition_header(True, name)  # noqa: FBT003 - Django's
        place.hand_over()

    def close(self) -> None:
        super().close()
        self._place.leave()


@for_visitors
@require_safe
@never_cache
def export(request: VisitorRequest) -> HttpResponse:
    """Show what can be exported, and the form that imports."""
    return _page(request)


@for_visitors
@require_GET
@never_cache
def everything(request: VisitorRequest, suffix: str) -> HttpResponseBase:
    """Send all of a person's conversations."""
    name = f"chats-{timezone.localdate().isoformat()}"
    return _download(request, suffix, everything_of(request.visitor), name)


@for_visitors
@require_GET
@never_cache
def one(request: VisitorRequest, conversation_id: UUID, suffix: str) -> HttpResponseBase:
    """Send one conversation: as JSON with all branches, as Markdown the newest, or that with `leaf`."""
    found = Conversation.objects.for_visitor(request.visitor).filter(pk=conversation_id).first()
    if found is None:
        raise Http404
    below = leaf_of(request, found)
    return _download(request, suffix, [found], found.title.replace("/", "-"), below=below)


@for_visitors
@require_POST
def take(request: VisitorRequest) -> HttpResponse:
    """Import a file: all of it, or nothing."""
    form = ImportForm(request)
    if not form.is_valid():
        return _refuse(request, form.first_error)
    try:
        done = imports.import_file(form.cleaned_data["file"].read(), visitor=known_visitor_of(request))
    except imports.CannotImport as exc:
        told = _("Nothing was imported. {why}").format(why=exc)
        return _refuse(request, ValidationError(told, code="unreadable"))
    except LimitReached as exc:
        return _refuse(request, ValidationError(str(exc), code="limit_reached"), retry_after=exc.retry_after)
    except Busy as exc:
        return busy(request, retry_after=exc.retry_after)
    number = done.number
    told = ngettext("{number:,} chat was imported.", "{number:,} chats were imported.", number)
    messages.success(request, told.format(number=number))
    if done.left_out:
        told = _("This site does not offer {models}: its own model answers in those chats.")
        messages.warning(request, told.format(models=", ".join(done.left_out)))
    return SeeOther(reverse("chat:conversations"))


def _download(
    request: VisitorRequest,
    suffix: str,
    conversations: Iterable[Conversation],
    name: str,
    *,
    below: Message | None = None,
) -> HttpResponseBase:
    if suffix not in FORMATS:
        raise Http404
    write, content_type = FORMATS[suffix]
    try:
        place = place_for(request.visitor)
    except Busy as exc:
        return busy(request, retry_after=exc.retry_after)
    if below is not None and write is as_markdown:
        write = partial(as_markdown, below=below)
    with place:
        let_go()
        return Download(write(conversations), place, name=f"{name}.{suffix}", content_type=content_type)


def place_for(visitor: Visitor) -> Place:
    """For a file that is sent. Raises `LimitReached`, or `Busy`."""
    try:
        return _being_sent.enter(owner=visitor, most=EACH, of=max(1, admission.limit() // 5))
    except TooMany:
        raise limits.too_many("exports", limits.name_of(visitor), most=EACH) from None


def _refuse(
    request: VisitorRequest, refusal: ValidationError, *, retry_after: int | None = None
) -> HttpResponse:
    """On the page itself, next to the form."""
    code, message = refusal.code or "invalid", refusal.messages[0]
    status = _STATUS.get(code, 400)
    if "application/json" in request.headers.get("Accept", ""):
        response = error(request, status, code, message)
    else:
        response = _page(request, status=status, refusal=message)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def _page(request: VisitorRequest, *, status: int = 200, refusal: str = "") -> HttpResponse:
    context = {"refusal": refusal, "most_megabytes": f"{settings.DOCUMENT_MAX_BYTES / 1_000_000:g}"}
    return render(request, "chat/export.html", context, status=status)
