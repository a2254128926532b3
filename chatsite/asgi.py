"""The application for ASGI servers. Replies stream there as well, each through a thread."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

_site = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The site; and its beginning and end, where the server tells them: Django takes requests alone."""
    if scope["type"] != "lifespan":
        await _site(scope, receive, send)
        return
    while (message := await receive())["type"] == "lifespan.startup":
        _look_after()
        await send({"type": "lifespan.startup.complete"})
    await send({"type": f"{message['type']}.complete"})


def _look_after() -> None:
    """What gunicorn's workers do in `gunicorn_conf.py`: begin with what processes that died have left."""
    from chatsite.waiting.sender import sender
    from streaming import runs

    runs.look_after()
    sender.start()
