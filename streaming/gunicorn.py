"""How a worker of plain gunicorn ends well, with one line in a `gunicorn.conf.py` of one's own:

    from streaming.gunicorn import post_worker_init, worker_exit

gunicorn waits for streams that go on, and kills them in the end. With these a worker that is told to end
sends its readers to another one, lets its durable runs go on while there is time, and interrupts the rest.
"""

import threading
import time
from typing import Any

MARGIN = 3.0
"""Seconds before gunicorn kills the worker at which runs that still go on are ended."""


def post_worker_init(worker: Any) -> None:
    """See to the runs of processes that died, and begin to watch for the worker's own end."""
    from streaming import runs

    if worker.cfg.worker_class_str == "sync":
        worker.log.warning(
            "The sync worker serves one reader at a time, and is killed while a stream is silent: "
            "use --worker-class=gthread --threads=40, or gevent."
        )
    runs.look_after()
    worker.draining = threading.Thread(target=_drain, args=(worker,), name="draining", daemon=True)
    worker.draining.start()


def worker_exit(server: Any, worker: Any) -> None:
    """Wait for runs that go on. In the master, where gunicorn calls this as well, there are none."""
    if (draining := getattr(worker, "draining", None)) is not None:
        worker.alive = False
        draining.join()


def _drain(worker: Any) -> None:
    from streaming import admission, runs

    while worker.alive:
        time.sleep(0.1)
    ends = time.monotonic() + max(0.0, worker.cfg.graceful_timeout - MARGIN)
    runs.drain()
    while admission.runs.count and time.monotonic() < ends:
        time.sleep(0.05)
    runs.interrupt(within=MARGIN - 1)
