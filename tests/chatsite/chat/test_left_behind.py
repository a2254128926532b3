"""Replies whose process has gone, or was only thought to have."""

import os
import signal

from tests.server import GunicornServer
from tests.site import SiteStarter, settings_for
from tests.upstream import Reply
from tests.waiting import wait_until


def test_a_reply_whose_worker_was_killed_is_interrupted(start_site: SiteStarter) -> None:
    site = start_site()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Lost", gate))
    visitor = site.visitor()
    with visitor.send("Hi") as reading:
        reading.until("token")
        page = f"/c/{reading.start['conversation']}/"
        (worker,) = site.server.worker_pids

        os.kill(worker, signal.SIGKILL)

    wait_until(lambda: site.server.worker_pids not in ([], [worker]), timeout=30)
    wait_until(lambda: 'data-status="interrupted"' in visitor.get(page).text, timeout=30)


def test_a_second_server_on_the_same_data_costs_no_reply(start_site: SiteStarter) -> None:
    site = start_site()
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Still ", gate, "here."))
    visitor = site.visitor()
    data_dir = site.server.log_file.parent
    with visitor.send("Hi") as reading:
        reading.until("token")
        with GunicornServer(data_dir=data_dir, settings=settings_for(site.upstream)):
            gate.open()
            assert reading.end["status"] == "done"

    page = visitor.get(f"/c/{reading.start['conversation']}/").text
    assert 'data-status="done"' in page
    assert "<p>Still here.</p>" in page
