"""To an OpenID Connect provider and back, as a browser goes."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client

BEGIN, DONE, CONNECT = "/accounts/sign-on/", "/accounts/sign-on/done/", "/accounts/sign-on/connect/"


def way_back(client: Client, begin: str = BEGIN, **form: str) -> str:
    """To the provider: the address to which it sends the person back."""
    page = client.post(begin, form).text
    (away,) = re.findall(r'id="leave" href="([^"]+)"', page)
    back = urlsplit(httpx.get(unescape(away)).headers["Location"])
    assert back.path == DONE
    return f"{back.path}?{back.query}"


def go(client: Client, begin: str = BEGIN, **form: str) -> Any:
    """To the provider and back: the answer to that."""
    return client.get(way_back(client, begin, **form))
