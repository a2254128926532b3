"""Measure: `make bench`, or `python -m tests.benchmarks --servers fastapi site-gevent --streams 50 100`.

Every number of streams is tried on all servers, one after the other, before the next number: whatever else
the machine does then meets all of them. A server that has failed to hold a number is left out of larger ones.
"""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.measuring import Measurement, Pace, measure
from tests.benchmarks.servers import MOST_STREAMS, SERVERS, provider, running
from tests.server import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--streams", nargs="+", type=int, default=[1, 10, 50, 100, 200, 400])
    parser.add_argument("--rate", type=float, default=30.0, help="tokens a second of one reply")
    parser.add_argument("--tokens", type=int, default=200, help="tokens of one reply")
    parser.add_argument(
        "--rounds", type=int, default=3, help="replies that each stream carries, one after the other"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench")
    arguments = parser.parse_args()
    if max(arguments.streams) > MOST_STREAMS:
        parser.error(f"--streams: at most {MOST_STREAMS}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    found = run(arguments)
    write(found, arguments.output)
    print(f"\n{report.table(found)}\n\n{report.ratios(found, to=found[0].server)}")
    print(f"\nIn {arguments.output}: results.json, lag.svg")


def run(arguments: argparse.Namespace) -> list[Measurement]:
    """All measurements, in turns."""
    pace = Pace(rate=arguments.rate, tokens=arguments.tokens)
    found: list[Measurement] = []
    lost: set[str] = set()
    for streams in sorted(arguments.streams):
        for name in arguments.servers:
            if name in lost:
                continue
            with (
                provider(rate=pace.rate, tokens=pace.tokens) as url,
                running(SERVERS[name], provider_url=url) as server,
            ):
                measure(SERVERS[name], server, streams=2, pace=Pace(pace.rate, pace.tokens), rounds=2)  # warm
                one = measure(SERVERS[name], server, streams=streams, pace=pace, rounds=arguments.rounds)
            found.append(one)
            print(json.dumps(one.as_json()), flush=True)
            if not one.held:
                lost.add(name)
    return found


def write(found: list[Measurement], folder: Path) -> None:
    """The results as JSON, and the picture."""
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "measurements": [one.as_json() for one in found],
        "held": report.held(found),
    }
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "lag.svg").write_text(report.plot(found))


if __name__ == "__main__":
    main()
