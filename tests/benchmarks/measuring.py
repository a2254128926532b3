"""One measurement: a server, so many streams, what the readers met and what the server's processes used."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks.processes import cpu_seconds, memory_bytes
from tests.benchmarks.servers import Running, Server, fast
from tests.server import ROOT


@dataclass(frozen=True)
class Pace:
    """How the provider speaks."""

    rate: float
    """Tokens a second."""
    tokens: int
    """In a reply."""


@dataclass(frozen=True)
class Measurement:
    """What came out. `cpu_token_us` includes all that the server did meanwhile, as the set-up of replies."""

    server: str
    streams: int
    lag_p50_ms: float | None
    lag_p99_ms: float | None
    first_p50_ms: float | None
    first_p99_ms: float | None
    cpu_token_us: float | None
    cpu_percent: float
    memory_stream_kb: float
    whole: int
    broken: int

    @property
    def held(self) -> bool:
        """Whether every reply came whole, and 99 of 100 tokens within a quarter of a second."""
        return not self.broken and self.lag_p99_ms is not None and self.lag_p99_ms <= 250

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"held": self.held}


def measure(server: Server, running: Running, *, streams: int, pace: Pace, rounds: int) -> Measurement:
    """Let people read, and look at the server's processes at both ends of the time that counts."""
    idle = memory_bytes(running.pid)
    command = [
        *(sys.executable, "-m", "tests.benchmarks.load", "--url", running.url, "--path", server.path),
        *("--field", server.field, "--streams", str(streams), "--rate", str(pace.rate)),
        *("--tokens", str(pace.tokens), "--rounds", str(rounds), *(["--guests"] if server.guests else [])),
    ]
    with subprocess.Popen(command, cwd=ROOT, env=fast(), stdout=subprocess.PIPE, text=True) as load:
        assert load.stdout is not None
        window = json.loads(load.stdout.readline())
        _wait_for(window["begin"])
        before = cpu_seconds(running.pid)
        _wait_for((window["begin"] + window["end"]) // 2)
        busy = memory_bytes(running.pid)
        _wait_for(window["end"])
        used = cpu_seconds(running.pid) - before
        found = json.loads(load.stdout.read())
    tokens = found.pop("tokens")
    return Measurement(
        server=server.name,
        streams=streams,
        cpu_token_us=round(used * 1e6 / tokens, 1) if tokens else None,
        cpu_percent=round(used * 1e9 / (window["end"] - window["begin"]) * 100, 1),
        memory_stream_kb=round((busy - idle) / 1024 / streams, 1),
        **found,
    )


def _wait_for(moment: int) -> None:
    time.sleep(max(0.0, (moment - time.monotonic_ns()) / 1e9))
