"""Looks for a series of steps after which a promise is broken. A real gunicorn with two workers."""

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.faults.reader import Reader
from tests.faults.world import SCRIPTS, World
from tests.site import Site

INDEX = st.integers(min_value=0, max_value=9)
EVENTS = st.integers(min_value=0, max_value=12)


class Life(RuleBasedStateMachine):
    """Of a site with its people. `site` is the one that all examples share."""

    site: Site

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(seed=st.integers(min_value=0, max_value=1_000_000))
    def begin(self, seed: int) -> None:
        self.world = World(self.site, chance=random.Random(seed))  # noqa: S311
        self.world.send("flowing")

    def of(self, index: int) -> Reader:
        assert self.world is not None
        return self.world.readers[index % len(self.world.readers)]

    # People

    @rule(kind=st.sampled_from(sorted(SCRIPTS)))
    def send(self, kind: str) -> None:
        self.there.send(kind)

    @rule(index=INDEX, kind=st.sampled_from(sorted(SCRIPTS)))
    def edit(self, index: int, kind: str) -> None:
        self.there.edit(self.of(index), kind)

    @rule(index=INDEX, kind=st.sampled_from(["flowing", "held", "cut"]))
    def queue(self, index: int, kind: str) -> None:
        self.there.queue(self.of(index), kind)

    @rule(index=INDEX, events=EVENTS)
    def read(self, index: int, events: int) -> None:
        self.of(index).read_some(events)

    @rule(index=INDEX)
    def open_tab(self, index: int) -> None:
        self.there.open_tab(self.of(index))

    @rule(index=INDEX, reset=st.booleans())
    def drop(self, index: int, *, reset: bool) -> None:
        self.of(index).drop(reset=reset, away=True)

    @rule(index=INDEX)
    def resume(self, index: int) -> None:
        self.of(index).come_back()

    @rule(index=INDEX)
    def stop(self, index: int) -> None:
        self.there.stop(self.of(index))

    @rule(index=INDEX, restore=st.booleans())
    def delete(self, index: int, *, restore: bool) -> None:
        self.there.delete(self.of(index), restore=restore)

    # Processes

    @rule()
    def kill(self) -> None:
        self.there.kill()

    @precondition(lambda self: self.restarts < 1)
    @rule()
    def restart(self) -> None:
        self.restarts += 1
        self.there.restart()

    restarts = 0

    @property
    def there(self) -> World:
        assert self.world is not None
        return self.world

    def teardown(self) -> None:
        if self.world is not None:
            _, broken = self.world.settle()
            assert not broken, "\n".join(map(str, broken))


@pytest.mark.parametrize("kind", ["gthread-2", "gevent-2"])
def test_no_series_of_steps_breaks_a_promise(kind: str, site_of_kind: Callable[[str], Site]) -> None:
    Life.site = site_of_kind(kind)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=6,
            stateful_step_count=15,
            deadline=None,
            database=None,
            # What failed once may not fail again: a series is not made shorter, but told as it was.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
