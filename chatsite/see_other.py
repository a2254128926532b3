"""The answer to a form that was taken."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """The result is elsewhere, to GET: a reload does not send the form again."""

    status_code = 303
