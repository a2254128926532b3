"""Messages that wait for their person: the reply before them did not come to its end."""

import contextlib
import re

import httpx

from tests.visitor import Visitor

_NOW = re.compile(r'data-state="(\w+)"|action="(/waiting/[-0-9a-f]+/now/)"')


def send_those_that_wait_for(person: Visitor, conversation: str) -> None:
    """What a person does who sees that something waits for them: Send now, for the first of it."""
    with contextlib.suppress(httpx.TransportError):
        page = person.get(f"/c/{conversation}/waiting/").text
        found = iter(_NOW.findall(page))
        for (state, _), (_, address) in zip(found, found, strict=False):
            if state == "person":
                person.post(address, headers={"Accept": "application/json"})
                return
