"""The parts of gunicorn that the workers override or call. They are not gunicorn's public interface.

A test that fails here after an upgrade says where to look before the bound in pyproject.toml is raised: in
`chatsite/server/`, at what uses the part that has changed.
"""

import inspect
from typing import Any

import pytest
from gunicorn import util
from gunicorn.config import Config
from gunicorn.http.message import Request
from gunicorn.http.unreader import SocketUnreader, Unreader
from gunicorn.workers import SUPPORTED_WORKERS, gthread
from gunicorn.workers.base import Worker
from gunicorn.workers.ggevent import GeventWorker
from gunicorn.workers.gthread import PollableMethodQueue, TConn, ThreadWorker

SIGNATURES = {
    Worker.__init__: "self age ppid sockets app timeout cfg log",
    Worker.handle_exit: "self sig frame",
    Worker.load_wsgi: "self",
    Worker.notify: "self",
    ThreadWorker.__init__: "self args kwargs",
    ThreadWorker._cap_keepalive: "self deadline",
    ThreadWorker.accept: "self listener",
    ThreadWorker.enqueue_req: "self conn",
    ThreadWorker.finish_request: "self conn fs",
    ThreadWorker.handle: "self conn",
    ThreadWorker.handle_exit: "self sig frame",
    ThreadWorker.handle_request: "self req conn",
    ThreadWorker.is_parent_alive: "self",
    ThreadWorker.set_accept_enabled: "self enabled",
    ThreadWorker.wait_for_and_dispatch_events: "self timeout",
    PollableMethodQueue.defer: "self callback args",
    TConn.__init__: "self cfg sock client server",
    TConn.close: "self graceful",
    TConn.init: "self",
    GeventWorker.__init__: "self args kwargs",
    GeventWorker.handle: "self listener client addr",
    GeventWorker.handle_request: "self listener_name req sock addr",
    GeventWorker.notify: "self",
    Request.force_close: "self",
    SocketUnreader.__init__: "self sock max_chunk",
    SocketUnreader.chunk: "self size_hint",
    Unreader.take_buffered: "self",
    Unreader.unread: "self data",
    util.write_error: "sock status_int reason mesg",
}


@pytest.mark.parametrize("part", SIGNATURES, ids=lambda part: part.__qualname__)
def test_what_the_workers_rely_on_takes_the_same_arguments(part: Any) -> None:
    assert " ".join(inspect.signature(part).parameters) == SIGNATURES[part]


def test_a_connection_has_the_attributes_that_ours_reads_and_sets() -> None:
    names = inspect.getsource(TConn.__init__)
    for name in ("cfg", "sock", "client", "parser", "initialized", "data_ready"):
        assert f"self.{name} = " in names


def test_a_thread_worker_has_the_attributes_that_ours_reads_and_sets() -> None:
    names = inspect.getsource(Worker.__init__) + inspect.getsource(ThreadWorker.__init__)
    for name in ("alive", "cfg", "log", "ppid", "sockets", "tmp", "nr_conns", "poller", "worker_connections"):
        assert f"self.{name} = " in names


def test_the_request_is_handled_by_the_methods_that_ours_override() -> None:
    """gunicorn's loop and its threads come through them."""
    assert "self.handle_request(req, conn)" in inspect.getsource(ThreadWorker.handle)
    assert "self.finish_request, conn, fut" in inspect.getsource(ThreadWorker.enqueue_req)
    run = inspect.getsource(ThreadWorker.run)
    for call in (
        "set_accept_enabled(",
        "wait_for_and_dispatch_events(",
        "is_parent_alive(",
        "_cap_keepalive(",
    ):
        assert f"self.{call}" in run
    assert "self.nr_conns > 0" in run


def test_the_settings_that_the_workers_read_exist() -> None:
    cfg = Config()
    for name in ("threads", "worker_connections", "keepalive", "graceful_timeout", "is_ssl"):
        assert hasattr(cfg, name)
    assert (cfg.protocol, cfg.proxy_protocol, cfg.http2_cleartext) == ("http", "off", "off")
    assert gthread.STOP_KEEPALIVE_LINGER > 0
    assert {"gthread", "gevent"} <= SUPPORTED_WORKERS.keys()
