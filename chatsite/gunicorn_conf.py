"""gunicorn's configuration: where it listens, how many streams have room, and the local model.

GUNICORN_CMD_ARGS, WEB_CONCURRENCY and the command line keep gunicorn's own meaning, and win over this file.
The master reads it at start and on HUP. Hooks that are given a worker run in that worker's process.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from chatsite import env, listening, local_model

BASE_DIR = Path(__file__).resolve().parent.parent
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

try:
    DATA_DIR = env.directory("DATA_DIR", "var", base=BASE_DIR)
    _host = env.text(
        "HOST", "127.0.0.1", pattern=r"[\w.:\[\]-]+", expected="a name or an address, without a port"
    )
    _port = env.integer("PORT", 8000, minimum=0, maximum=65_535)
    loglevel = env.choice("LOG_LEVEL", "WARNING", allowed=LEVELS).lower()
    (DATA_DIR / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)
except ImproperlyConfigured as error:
    sys.exit(f"Cannot start: {error}")
except OSError as error:
    sys.exit(f"Cannot start: DATA_DIR cannot be written: {error.strerror} ({error.filename}).")

wsgi_app = "chatsite.wsgi"
proc_name = "chatsite"
bind = f"[{_host.strip('[]')}]:{_port}" if ":" in _host else f"{_host}:{_port}"

# A stream holds its thread. Never `sync`: it is killed when a model is silent for `timeout` seconds.
worker_class = "gthread"
threads = 40
keepalive = 5
# Streams end at once when a worker is told to leave (see _watch): this is for everything else.
graceful_timeout = 10
# A restart of the only worker would leave nobody to answer for seconds.
max_requests = 0
# Heartbeat files go into the data directory, and there is no control socket in the home directory.
worker_tmp_dir = str(DATA_DIR / "tmp")
control_socket_disable = True

# A peer that takes no data holds a thread: after this time (milliseconds) the kernel ends its connection.
_UNREAD_FOR = 60_000
# Seconds that a leaving worker gives its runs to end and their readers to hear of it.
_FAREWELL = 2.0


# In the master


def on_starting(server: Any) -> None:
    """Refuse what cannot work, in a sentence; start the local model if it is the one that answers."""
    server.local_model = None
    try:
        max_streams(server.cfg)
        listening.require_free(server.cfg.address)
        _check_settings()
        if local_model.is_wanted() and not os.environ.get(local_model.URL_VARIABLE):
            server.local_model = local_model.LocalModel(log=DATA_DIR / "local-model.log")
            server.local_model.start()
            os.environ[local_model.URL_VARIABLE] = server.local_model.url
    except (ImproperlyConfigured, listening.CannotListenError, local_model.LocalModelError) as error:
        sys.exit(f"Cannot start: {error}")
    except KeyboardInterrupt:
        on_exit(server)
        sys.exit(130)


def _check_settings() -> None:
    """In a process of its own: the master must not import Django, or a reload would not see new code."""
    result = subprocess.run(
        [sys.executable, "-m", "chatsite.boot", "check"],
        stdout=subprocess.DEVNULL,  # "no issues"
        cwd=BASE_DIR,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(result.stderr.strip())
    sys.stderr.write(result.stderr)  # warnings


def max_streams(cfg: Any) -> int:
    """Streams that one worker admits: a quarter of its room, at least 2, stays for pages and Stop."""
    name = cfg.worker_class.__name__
    if name == "SyncWorker":
        message = (
            "gunicorn's sync worker kills a reply while the model is silent: use -k gthread or -k gevent."
        )
        raise ImproperlyConfigured(message)
    room = int(cfg.threads if name == "ThreadWorker" else cfg.worker_connections)
    if room < 3:
        raise ImproperlyConfigured(f"{room} threads leave no room for a stream: set --threads to 3 or more.")
    return room - max(2, room // 4)


def when_ready(server: Any) -> None:
    """Accepted connections inherit this from their listener (Linux)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    for listener in server.LISTENERS:
        if option is not None and listener.sock.family in (socket.AF_INET, socket.AF_INET6):
            listener.sock.setsockopt(socket.IPPROTO_TCP, option, _UNREAD_FOR)


def on_exit(server: Any) -> None:
    if server.local_model is not None:
        server.local_model.stop()


# In a worker


def post_fork(server: Any, worker: Any) -> None:
    # The terminal sends Ctrl-C to all; the master passes it on as QUIT. Once is enough.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if server.local_model is not None:
        server.local_model.forget()


def post_worker_init(worker: Any) -> None:
    """The application is loaded, and requests are about to be accepted."""
    from django.conf import settings

    from streaming import admission

    import_module(settings.ROOT_URLCONF)  # LangChain with it: seconds that the first visitor need not wait
    admission.configure(max_streams=max_streams(worker.cfg))
    if worker.cfg.workers == 1:
        _interrupt_unfinished()
    _quit_at_once(worker)
    threading.Thread(target=_watch, args=(worker,), name="watch", daemon=True).start()
    if worker.age == 1:
        _welcome(worker)


def _watch(worker: Any) -> None:
    """Waits for the order to leave (TERM, INT, QUIT, HUP), and ends this process's replies."""
    from streaming import runs

    while worker.alive:
        time.sleep(0.1)
    runs.drain()
    while not getattr(worker, "in_a_hurry", False):
        time.sleep(0.1)
    _leave(0)


def _quit_at_once(worker: Any) -> None:
    """On QUIT, which is how the master passes Ctrl-C on, only take a note: _watch does the rest. gunicorn's
    own handler takes the lock of the thread pool, and hangs if it interrupts the one that holds it."""

    def note(*_: object) -> None:
        worker.in_a_hurry = True
        worker.alive = False

    signal.signal(signal.SIGQUIT, note)


def worker_exit(server: Any, worker: Any) -> None:
    if worker.booted and worker.pid == os.getpid():  # gunicorn calls this in the master as well
        code = getattr(sys.exc_info()[1], "code", 0)
        _leave(code if isinstance(code, int) else 0)


def _leave(code: int) -> None:
    """End this process: Python's own way out waits for every thread, and one silent stream would hold it."""
    from streaming import admission, runs

    runs.drain()
    deadline = time.monotonic() + _FAREWELL
    while (admission.runs.count or admission.readers.count) and time.monotonic() < deadline:
        time.sleep(0.02)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _interrupt_unfinished() -> None:
    """Replies that a worker which was killed has left behind. On SQLite the only worker of the only server
    has no other beside it; should there be one all the same, its replies say better when they end."""
    from django.db import connection

    from chatsite.chat.models import Message

    if connection.vendor == "sqlite":
        Message.objects.unfinished().update(status=Message.Status.INTERRUPTED)
    connection.close()


def _welcome(worker: Any) -> None:
    from django.conf import settings

    from chatsite.assistants.chat_model import model_label

    where = "  ".join(listening.link(listener) for listener in worker.sockets)
    model = model_label() + (f", at {settings.OPENAI_BASE_URL}" if settings.OPENAI_BASE_URL else "")
    if settings.CHAT_LOCAL_MODEL:
        model += (
            "\n          Small: it makes things up. Others by OPENAI_API_KEY, OPENAI_BASE_URL, CHAT_MODEL."
        )
    print(f"\n  Chat    {where}\n  Model   {model}\n  Stop    Ctrl-C\n", flush=True)  # noqa: T201
