"""Which processes can see each other by their pids: those of one running system, or of one container."""

import os
from functools import cache
from pathlib import Path


@cache
def pid_space() -> str:
    """The name of the space that this process's pid is in: the same for two processes if and only if they
    share it. Empty where that cannot be told (it is read from Linux's /proc)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def has_gone(pid: int, space: str) -> bool:
    """Whether that process certainly does not exist any more. False for those that cannot be seen."""
    if not space or space != pid_space():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is another user's
        return False
    return False
