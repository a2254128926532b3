"""Which language the pages speak: a person chooses it at the foot of a page, and a cookie keeps it.

Until then the browser says what its reader wants (`Accept-Language`), and LANGUAGE_CODE where it asks for
none that there is. What is stored, and what operators read in the log, is English whoever asks.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from chatsite.accounts.decorators import for_everybody


@for_everybody
@require_POST
def choose(request: HttpRequest) -> HttpResponseBase:
    """Keep the `language`, and go back: to `next`, or the page that the browser says it comes from."""
    return set_language(request)
