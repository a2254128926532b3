"""Tells whether two processes see each other by their pids: in one running system, or one container."""

import os
from functools import cache
from pathlib import Path


@cache
def pid_space() -> str:
    """Return a name for the pid namespace of this process: two processes have the same name if and only if
    they share the namespace. Empty where Linux's /proc does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def has_gone(pid: int, space: str) -> bool:
    """Whether a process certainly does not exist any more. False where that cannot be seen from here."""
    if not space or space != pid_space():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # the process is another user's
        return False
    return False
