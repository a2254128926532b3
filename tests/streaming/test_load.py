"""How long a process waits so that more comes together."""

from streaming.load import Load


class Machine:
    """Its clock, and the processor time that the process has used."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.load = Load(clock=lambda: self.now, used=lambda: self.used)

    def pass_(self, seconds: float, *, share: float) -> float:
        """Let the process use so much of a processor for so long. Returns its pause then."""
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            self.used += 0.01 * share
            self.load.pause(0.1)
        return self.load.pause(0.1)


def test_nobody_waits_while_there_is_time_to_spare() -> None:
    machine = Machine()

    assert machine.load.pause(0.1) == 0
    assert machine.pass_(3, share=0.25) == 0


def test_the_busier_the_longer_up_to_a_bound() -> None:
    machine = Machine()

    assert 0.03 < machine.pass_(3, share=0.6) < 0.07
    assert 0.09 < machine.pass_(3, share=1.0) <= 0.1


def test_the_start_of_one_reply_is_no_load() -> None:
    machine = Machine()
    machine.pass_(3, share=0.1)

    assert machine.pass_(0.02, share=1) == 0


def test_a_load_that_is_over_is_forgotten_at_once() -> None:
    machine = Machine()
    machine.pass_(3, share=0.9)
    machine.now += 60

    assert machine.load.pause(0.1) == 0
