"""Images: taking one before it is sent, showing it to whose it is, removing it while it is unsent."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.visitor import VisitorRequest
from chatsite.answers import busy, error
from chatsite.images import uploads
from chatsite.images.forms import ImageForm
from chatsite.images.models import Image, ImageContent
from chatsite.images.pictures import Unreadable
from streaming.admission import Busy

_STATUS = {"too_large": 413}
"""Of refusals; the others are 400."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For who opens an image by itself: browsers put it on a page of their own, with a style."""
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg"}


@for_visitors
@require_POST
def upload(request: VisitorRequest) -> HttpResponse:
    """Take an image, to be sent with a message within a day."""
    form = ImageForm(request)
    if not form.is_valid():
        return _refuse(request, form.first_error)
    file = form.cleaned_data["file"]
    try:
        image = uploads.add(file.name, file.read(), visitor=known_visitor_of(request))
    except Unreadable as exc:
        return error(request, exc.status, exc.code, str(exc))
    except Busy as exc:
        return busy(request, retry_after=exc.retry_after)
    return JsonResponse(image.as_json(), status=201)


@for_visitors
@require_safe
def image(request: VisitorRequest, image_id: UUID) -> HttpResponse:
    """Show an image to whose it is."""
    found = Image.objects.for_visitor(request.visitor).filter(pk=image_id).first()
    if found is None:
        raise Http404
    response = shown(found)
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@for_visitors
@require_POST
@never_cache
def remove(request: VisitorRequest, image_id: UUID) -> HttpResponse:
    """Delete an image that was not sent. One that was goes with its conversation."""
    own = Image.objects.for_visitor(request.visitor).filter(pk=image_id)
    if not own.exists():
        raise Http404
    own.filter(conversation=None).delete()
    return HttpResponse(status=204)


def shown(image: Image) -> HttpResponse:
    """The image, as something that is looked at and does nothing."""
    content = bytes(ImageContent.objects.get(pk=image.pk).content)
    response = HttpResponse(content, content_type=image.media_type)
    name = image.name.rpartition(".")[0] or image.name
    disposition = content_disposition_header(False, name + _ENDINGS[image.media_type])  # noqa: FBT003 - Django's
    response["Content-Disposition"] = disposition or "inline"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Encoding"] = "identity"  # it is compressed already
    return response


def _refuse(request: HttpRequest, refusal: ValidationError) -> HttpResponse:
    code, message = refusal.code or "invalid", refusal.messages[0]
    if code == "required":
        message = _("Choose an image first.")
    return error(request, _STATUS.get(code, 400), code, message)
