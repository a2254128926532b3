"""Carries what Django keeps for a request into other threads: language, time zone, script prefix, URLconf.

Django keeps them in asgiref's `Local`. That is a context variable, but only the thread that set it sees it:
the threads of a run and of its branches have a copy of their starter's context, and would not find it there.
"""

import threading
from contextvars import ContextVar
from datetime import tzinfo
from typing import NamedTuple


class _Locals(NamedTuple):
    thread: int
    language: str | None
    time_zone: tzinfo
    prefix: str
    urlconf: str | None


_noted: ContextVar[_Locals | None] = ContextVar("streaming_django_locals", default=None)


def note() -> None:
    """Keep the running thread's values in the running context, for the threads that get a copy of that."""
    from django.apps import apps

    if not apps.ready:
        return
    from django.urls import get_script_prefix, get_urlconf
    from django.utils import timezone, translation

    language, time_zone = translation.get_language(), timezone.get_current_timezone()
    _noted.set(_Locals(threading.get_ident(), language, time_zone, get_script_prefix(), get_urlconf()))


def carry() -> None:
    """Set the values that another thread has noted; then note this one's, for those that it starts."""
    noted = _noted.get()
    if noted is not None and noted.thread != threading.get_ident():
        _activate(noted)
    note()


def _activate(noted: _Locals) -> None:
    from django.urls import set_script_prefix, set_urlconf
    from django.utils import timezone, translation

    if noted.language is None:
        translation.deactivate_all()
    elif noted.language != translation.get_language():  # to activate one loads its catalogue
        translation.activate(noted.language)
    timezone.activate(noted.time_zone)
    set_script_prefix(noted.prefix)
    set_urlconf(noted.urlconf)
