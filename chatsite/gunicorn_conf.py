"""gunicorn's configuration: where it listens, how many streams have room, and the local model.

GUNICORN_CMD_ARGS, WEB_CONCURRENCY and the command line keep gunicorn's own meaning, and win over this file.
The master reads it at start and on HUP. Hooks that are given a worker run in that worker's process.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.workers import SUPPORTED_WORKERS
from gunicorn.workers.gthread import ThreadWorker

from chatsite.config import env
from chatsite.config.logs import log_level
from chatsite.config.private import keep_to_ourselves
from chatsite.config.terminal import say as _
from chatsite.server import listening, local_model
from chatsite.server.draining import Draining
from chatsite.server.garbage import keep_collections_short
from chatsite.server.reload import ReloadState

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    DATA_DIR = env.directory("DATA_DIR", "var", base=BASE_DIR)
    _host = listening.host()
    _port = env.integer("PORT", 8000, minimum=0, maximum=65_535)
    loglevel = log_level().lower()
    keep_to_ourselves(DATA_DIR)
    (DATA_DIR / "tmp").mkdir(exist_ok=True)
except ImproperlyConfigured as error:
    sys.exit(_("Cannot start: {why}").format(why=error))
except OSError as error:
    _why = _("DATA_DIR cannot be written: {why} ({path}).").format(why=error.strerror, path=error.filename)
    sys.exit(_("Cannot start: {why}").format(why=_why))

wsgi_app = "chatsite.wsgi"
proc_name = "chatsite"
bind = f"[{_host.strip('[]')}]:{_port}" if ":" in _host else f"{_host}:{_port}"

# A stream holds its thread. Never `sync`: it is killed when a model is silent for `timeout` seconds.
worker_class = "gthread"
# Our workers, which slow peers cannot hold up: by default, and for an operator's `-k gthread`, `-k gevent`.
SUPPORTED_WORKERS["gthread"] = "chatsite.server.gthread_worker.PatientThreadWorker"
SUPPORTED_WORKERS["gevent"] = "chatsite.server.gevent_worker.PatientGeventWorker"
threads = 40
keepalive = 5
# For replies to end when a worker is told to end. Their readers leave at once: chatsite/server/draining.py.
graceful_timeout = 30
# While the only worker restarts, no request would be answered for seconds.
max_requests = 0
# Heartbeat files go into the data directory, and there is no control socket in the home directory.
worker_tmp_dir = str(DATA_DIR / "tmp")
control_socket_disable = True
# No header is to say under which path the site lies.
forwarder_headers = ""

# A peer that takes no data holds a thread: after this time (milliseconds) the kernel ends its connection.
_UNREAD_FOR = 60_000


# In the master


def on_starting(server: Any) -> None:
    """Refuse what cannot work, in a sentence; start the local model if it is the one that answers."""
    server.local_model = None
    server.reload_state = ReloadState()
    # Also where its own option says it: the workers' settings read it from there.
    os.environ["FORWARDED_ALLOW_IPS"] = ",".join(server.cfg.forwarded_allow_ips)
    try:
        max_streams(server.cfg)
        listening.require_free(server.cfg.address)
        _check_settings(server.cfg.address)
        if local_model.is_wanted() and not os.environ.get(local_model.URL_VARIABLE):
            os.environ[local_model.KEY_VARIABLE] = key = secrets.token_urlsafe(32)
            server.local_model = local_model.LocalModel(log=DATA_DIR / "local-model.log", key=key)
            server.local_model.start()
            os.environ[local_model.URL_VARIABLE] = server.local_model.url
    except (ImproperlyConfigured, listening.CannotListenError, local_model.LocalModelError) as error:
        sys.exit(_("Cannot start: {why}").format(why=error))
    except KeyboardInterrupt:
        on_exit(server)
        sys.exit(130)


def _check_settings(addresses: list[listening.Address]) -> None:
    """Run `chatsite.boot check`, in a process of its own: if the master imported Django, a reload would not
    see new code. HOST is where gunicorn listens, by whatever setting: this machine, if it listens on nothing
    but sockets in the file system."""
    hosts = [address[0] for address in addresses if isinstance(address, tuple)]
    most_open = min(hosts, key=listening.is_loopback, default="127.0.0.1")
    result = subprocess.run(
        [sys.executable, "-m", "chatsite.boot", "check"],
        stdout=subprocess.DEVNULL,  # "no issues"
        cwd=BASE_DIR,
        env=os.environ | {"HOST": most_open or "0.0.0.0"},  # noqa: S104 - what `--bind :8000` means
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(result.stderr.strip())
    sys.stderr.write(result.stderr)  # warnings


def max_streams(cfg: Any) -> int:
    """Streams that one worker admits: a quarter of its room, and at least 2, is left for pages and Stop."""
    worker = cfg.worker_class
    if worker.__name__ == "SyncWorker":
        message = _(
            "gunicorn's sync worker kills a reply while the model is silent: use -k gthread or -k gevent."
        )
        raise ImproperlyConfigured(message)
    room = int(cfg.threads if issubclass(worker, ThreadWorker) else cfg.worker_connections)
    if room < 3:
        message = _("{room} threads leave no room for a stream: set --threads to 3 or more.")
        raise ImproperlyConfigured(message.format(room=room))
    return room - max(2, room // 4)


def when_ready(server: Any) -> None:
    """Limit the time for peers that take no data. Connections inherit that from their listener (Linux)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    for listener in server.LISTENERS:
        if option is not None and listener.sock.family in (socket.AF_INET, socket.AF_INET6):
            listener.sock.setsockopt(socket.IPPROTO_TCP, option, _UNREAD_FOR)


def on_reload(server: Any) -> None:
    """Note the reload, before the new workers are started."""
    server.reload_state.begin()


def on_exit(server: Any) -> None:
    if server.local_model is not None:
        server.local_model.stop()


# In a worker


def post_fork(server: Any, worker: Any) -> None:
    # The terminal sends Ctrl-C to all processes, and the master passes it on as QUIT. Once is enough.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    worker.reload_state = server.reload_state
    if server.local_model is not None:
        server.local_model.forget()


def post_worker_init(worker: Any) -> None:
    """The application is loaded, and requests are about to be accepted."""
    from django.conf import settings

    from chatsite.accounts import retention
    from chatsite.waiting.sender import sender
    from streaming import admission, runs

    import_module(settings.ROOT_URLCONF)  # LangChain with it: seconds that the first visitor need not wait
    keep_collections_short()
    admission.configure(max_streams=max_streams(worker.cfg))
    runs.look_after()
    retention.start()
    sender.start()
    worker.draining = Draining(worker, worker.reload_state)
    worker.draining.start()
    if worker.age == 1:
        _welcome(worker)
    worker.reload_state.finish()


def worker_exit(server: Any, worker: Any) -> None:
    if worker.booted and worker.pid == os.getpid():  # gunicorn calls this in the master as well
        code = getattr(sys.exc_info()[1], "code", 0)
        worker.draining.finish(code if isinstance(code, int) else 0)


def _welcome(worker: Any) -> None:
    from django.conf import settings

    from chatsite.assistants.chat_model import model_name

    where = "  ".join(listening.link(listener) for listener in worker.sockets)
    model = model_name()
    if settings.OPENAI_BASE_URL:
        model = _("{model}, at {address}").format(model=model, address=settings.OPENAI_BASE_URL)
    if settings.CHAT_LOCAL_MODEL:
        told = _("Small: it makes things up. Others by OPENAI_API_KEY, OPENAI_BASE_URL, CHAT_MODEL.")
        model = f"{_('{model} (on this machine)').format(model=model)}\n          {told}"
    told = _("  Chat    {where}\n  Model   {model}\n  Stop    Ctrl-C")
    print(f"\n{told.format(where=where, model=model)}\n", flush=True)  # noqa: T201
