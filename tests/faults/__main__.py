"""The long form: faults by chance, hundreds of them, all promises checked after each round.

    make test-faults                       # about a quarter of an hour, on two cores
    make test-faults SEED=42 FAULTS=200    # the beginning of the same schedule

The seed decides what is sent, what happens and in which order. The machine decides the rest: a round that
failed may not fail again.
"""

import argparse
import contextlib
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.conftest import GRACE, KINDS, SETTINGS, options_of
from tests.faults.reader import Reader
from tests.faults.report import Report
from tests.faults.world import SCRIPTS, World
from tests.server import copy_prepared, prepare
from tests.site import Site, running_site

PEOPLE = 8
"""At most so many prompts in a round."""
STEPS = 12

ON_PEOPLE: dict[str, Callable[[World, Reader], None]] = {
    "FIN": lambda world, reader: reader.drop(),
    "RST": lambda world, reader: reader.drop(reset=True),
    "away for a while": lambda world, reader: reader.drop(away=True),
    "another tab": lambda world, reader: world.open_tab(reader),
    "another version": lambda world, reader: world.edit(reader, "flowing"),
    "a message that waits": lambda world, reader: world.queue(reader, "flowing"),
    "Stop": lambda world, reader: world.stop(reader),
    "deleted": lambda world, reader: world.delete(reader),
    "deleted, and had back": lambda world, reader: world.delete(reader, restore=True),
}
ON_PROCESSES: dict[str, Callable[[World], None]] = {
    "kill -9 of a worker": World.kill,
    "TERM of a worker": World.terminate,
    "a frozen worker": World.freeze,
    "HUP": World.reload,
    "restart": World.restart,
    "kill -9 of the master": World.kill_master,
}
"""How often: the first is the cheapest, and the most likely to hurt."""
WEIGHTS = [12, 3, 1, 2, 1, 1]
THE_PROVIDERS = {"cut", "reset", "error", "unfinished", "refused"}
"""Of its scripts, those that are faults."""


def a_round(world: World, chance: random.Random) -> list[str]:
    """People come, things happen to them. The faults, in order."""
    injected = []

    def send() -> None:
        kind = chance.choice(sorted(SCRIPTS))
        world.send(kind)
        injected.extend([f"provider: {kind}"] if kind in THE_PROVIDERS else [])

    for _ in range(chance.randrange(1, 5)):
        send()
    for _ in range(chance.randrange(3, STEPS)):
        reader = chance.choice(world.readers)
        reader.read_some(chance.randrange(8), patience=chance.uniform(0, 0.3))
        draw = chance.random()
        if draw < 0.2 and len(world.readers) < PEOPLE:
            send()
        elif draw < 0.55:
            name = chance.choice(sorted(ON_PEOPLE))
            ON_PEOPLE[name](world, reader)
            injected.append(name)
        else:
            (name,) = chance.choices(list(ON_PROCESSES), WEIGHTS)
            ON_PROCESSES[name](world)
            injected.append(name)
    return injected


def rounds(site: Site, chance: random.Random, *, faults: int, until: float, report: Report) -> None:
    """Rounds on one site, up to so many faults or that time."""
    world = World(site, chance=chance)
    injected = 0
    while injected < faults and time.monotonic() < until:
        state = chance.randrange(2**32)
        happened = a_round(world, random.Random(state))  # noqa: S311 - to be had again
        prompts, broken = world.settle()
        injected += len(happened)
        report.add(happened, prompts=prompts, broken=broken)
        for breach in broken:
            print(f"\nBROKEN, round {state}: {', '.join(happened)}\n  {breach}", flush=True)


@contextlib.contextmanager
def a_site(kind: str, prepared: Path, directory: Path) -> Iterator[Site]:
    worker_class, workers = options_of(kind)
    with running_site(
        copy_prepared(prepared, directory / kind),
        worker_class=worker_class,
        workers=workers,
        settings=SETTINGS | {"STREAM_LEASE": "5"},
        arguments=[f"--graceful-timeout={GRACE}"],
    ) as site:
        yield site


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Faults by chance.")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or secrets.randbelow(10**9)))
    parser.add_argument("--faults", type=int, default=int(os.environ.get("FAULTS") or 1000))
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 60))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    print(f"SEED={given.seed} FAULTS={given.faults}, on {', '.join(given.kinds)}", flush=True)
    report, until = Report(), time.monotonic() + given.minutes * 60
    with tempfile.TemporaryDirectory(prefix="chatsite-faults-") as name:
        directory = Path(name)
        prepare(directory / "prepared")
        for number, kind in enumerate(given.kinds):
            with a_site(kind, directory / "prepared", directory) as site:
                chance = random.Random(f"{given.seed} {kind}")  # noqa: S311
                share = given.faults // len(given.kinds)
                left = (until - time.monotonic()) / (len(given.kinds) - number)
                rounds(site, chance, faults=share, until=time.monotonic() + left, report=report)
                print(f"{kind}: {report.summary()}", flush=True)
    print(f"\n{report.table()}\n\nSEED={given.seed}: {report.summary()}")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
