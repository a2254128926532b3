"""The same site on asynchronous servers: gunicorn's own ASGI worker, and uvicorn."""

import pytest

from tests.site import SiteStarter
from tests.upstream import Reply


@pytest.mark.alone
@pytest.mark.parametrize("server", ["asgi", "uvicorn"])
def test_a_reply_streams_stops_and_survives_its_reader(start_site: SiteStarter, server: str) -> None:
    site = start_site(worker_class=server)
    gates = [site.upstream.gate(), site.upstream.gate()]
    site.upstream.enqueue(Reply("Hel", gates[0], "lo"), Reply("Hel", gates[1]))
    visitor = site.visitor()

    with visitor.send("Hi", html=True) as reading:
        assert reading.until("token").json == {"text": "Hel"}
        gates[0].open()
        assert reading.end["status"] == "done"
    with visitor.send("Hi") as reading:
        reading.until("token")
        run = reading.start["run"]
    assert visitor.stop(run).status_code == 204

    assert site.upstream.requests[1].peer_closed.wait(1)
    with visitor.follow(run) as again:
        assert again.end["status"] == "stopped"
