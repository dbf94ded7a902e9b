"""Who is doing a step: a name for this process that others can tell dead from alive.

A step is claimed before it is done. When its process is killed the claim stays behind; on the same
machine the next process sees that at once and need not wait for the claim to run out.
"""

from __future__ import annotations

import os
import platform
import uuid
from functools import lru_cache
from pathlib import Path


def new_holder() -> str:
    """A name for one claim by this process: place, process id, its start, and a random part."""
    pid = os.getpid()
    return f"{_place()}|{pid}|{_started(pid)}|{uuid.uuid4().hex}"


def is_dead(holder: str) -> bool:
    """True when the process behind `holder` is known to be gone; False when alive or unknowable."""
    place, _, rest = holder.partition("|")
    pid_text, _, rest = rest.partition("|")
    started, _, _ = rest.partition("|")
    if os.name == "nt" or place != _place() or not pid_text.isdigit():
        return False
    pid = int(pid_text)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return started != _started(pid)


@lru_cache(maxsize=1)
def _place() -> str:
    """The machine and process namespace, within which a process id means one process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, namespace = format(uuid.getnode(), "x"), ""
    return f"{platform.node()}/{boot}/{namespace}".replace("|", "_")


def _started(pid: int) -> str:
    """When the process started, in clock ticks since boot; empty where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    fields = stat.rpartition(b")")[2].split()
    if fields[0] == b"Z":
        return "zombie"
    return fields[19].decode("ascii")
