"""A person is served while another one sends hostile content. How fast, `tests.fuzz.beside` measures."""

import pytest

from tests.fuzz.beside import HOSTILE, measure
from tests.site import SiteStarter

MOST_MEMORY = 100 << 20
"""Bytes by which the workers may grow."""


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_hostile_content_keeps_nobody_from_pages_streams_and_stop(
    start_site: SiteStarter, worker_class: str
) -> None:
    site = start_site(worker_class=worker_class)
    names = list(HOSTILE)[:1]

    measured = measure(site, names)

    assert measured.alone.waits.keys() == measured.beside.waits.keys() == {"page", "stream", "stop"}
    assert measured.grew < MOST_MEMORY
