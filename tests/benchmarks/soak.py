"""Whether a server's memory stays flat: thousands of replies, and its size after each thousand.

`python -m tests.benchmarks.soak --replies 10000`. It takes minutes, so `make bench` leaves it out.
"""

import argparse

from tests.benchmarks.measuring import Pace, measure
from tests.benchmarks.processes import memory_bytes
from tests.benchmarks.servers import SERVERS, provider, running

STREAMS = 5
STEP = 1000
PACE = Pace(rate=100.0, tokens=50)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description=__doc__)
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=["site-gevent", "site-gthread"])
    parser.add_argument("--replies", type=int, default=10_000)
    arguments = parser.parse_args()
    for name in arguments.servers:
        with (
            provider(rate=PACE.rate, tokens=PACE.tokens) as url,
            running(SERVERS[name], provider_url=url) as server,
        ):
            print(f"{name}: {memory_bytes(server.pid) >> 20} MB before", flush=True)
            for replies in range(STEP, arguments.replies + 1, STEP):
                found = measure(SERVERS[name], server, streams=STREAMS, pace=PACE, rounds=STEP // STREAMS)
                size = memory_bytes(server.pid) >> 20
                print(f"{name}: {size} MB after {replies:,} replies, {found.broken} broken", flush=True)


if __name__ == "__main__":
    main()
