"""What the views of a chat refuse, and how they say so."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from chatsite.accounts.decorators import P, View, for_visitors
from chatsite.accounts.visitor import VisitorRequest
from chatsite.answers import busy, error
from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.chat.history import TooLong
from chatsite.chat.models import Conversation, Message
from chatsite.chat.replies import CannotGoOn
from chatsite.images.refusals import NotTaken
from streaming import runs
from streaming.runs import Busy


def with_refusals(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets visitors in, and answers what the steps of the view refuse."""

    @for_visitors
    @wraps(view)
    def answer(request: VisitorRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Busy as exc:
            # A process that ends is replaced at once: there is another, or will be in a moment.
            return busy(request, retry_after=1 if runs.is_draining() else exc.retry_after)
        except (Conversation.DoesNotExist, Message.DoesNotExist):  # deleted since the form was read
            raise Http404 from None
        except TooLong:
            return error(
                request, 400, "too_long", _("The text is longer than the model can read. Shorten it.")
            )
        except NotTaken as exc:
            return error(request, exc.status, exc.code, str(exc))
        except CannotGoOn:
            return error(
                request, 400, "cannot_continue", _("Only a reply that was cut short can be continued.")
            )
        except ModelNotConfigured as exc:
            return error(request, 503, "no_model", str(exc))

    return answer
