"""The long form: all targets in turn, for some minutes.

    make fuzz                       # five minutes, another seed each time
    make fuzz SEED=42 MINUTES=30    # the same inputs in the same order

A find is printed with the input, which becomes a test in `test_fuzz.py`.
"""

import argparse
import logging
import random
import secrets
import sys
import time

from tests.fuzz.fuzzing import an_input, what_is_wrong
from tests.fuzz.targets import TARGETS

MOST_FINDS = 20


def main() -> int:
    arguments = argparse.ArgumentParser(description="Hostile inputs by chance.")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    arguments.add_argument("--minutes", type=float, default=5.0)
    given = arguments.parse_args()
    logging.disable()  # as in the child: readers of files complain, and finds would be lost in it
    print(f"seed {given.seed}, {given.minutes:g} minutes", flush=True)
    chance = random.Random(given.seed)  # noqa: S311 - a schedule, no secret
    until = time.monotonic() + 60 * given.minutes
    tried, finds = 0, 0
    while time.monotonic() < until and finds < MOST_FINDS:
        for name, target in TARGETS.items():
            text = an_input(target.words, chance)
            tried += 1
            if (wrong := what_is_wrong(target, text)) is not None:
                finds += 1
                print(f"{name}: {wrong}\n    {text!a}", flush=True)
    print(f"{tried} inputs, {finds} finds")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
