"""What a worker gives up before it touches anything untrusted. Runs in the worker.

Resource limits, no-new-privileges, death with the parent, and on Linux Landlock, best effort: each
layer holds without the others, so a kernel that lacks one still leaves the rest.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1 << 20

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38

_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_ADD_RULE: Final = 445
_LANDLOCK_RESTRICT_SELF: Final = 446
_RULE_PATH_BENEATH: Final = 1
_RULE_NET_PORT: Final = 2
# rights a Landlock ABI knows: 1 has 13 of them, 2 adds refer, 3 truncate, 5 ioctl on devices
_FS_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_READ_FILE_AND_DIR: Final = (1 << 2) | (1 << 3)
_FILE_RIGHTS: Final = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14) | (1 << 15)
_NET_CONNECT: Final = 2
_NET_BIND_AND_CONNECT: Final = 3
_ABI_WITH_NETWORK: Final = 4


def die_with_parent(parent: int) -> None:
    """Be killed when the process `parent` ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def drop_privileges() -> None:
    """No new privileges through exec, no core dump, no tracing by other processes of the user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit_resources(*, memory_mb: int, file_mb: int, open_files: int = 64) -> None:
    """Cap what this process may take from now on. Comes before `restrict_files`: it reads /proc.

    Args:
        memory_mb: address space on top of what is mapped already.
        file_mb: size of any file it writes; 0 means that it writes none.
    """
    _lower(resource.RLIMIT_FSIZE, file_mb * MEGABYTE)
    _lower(resource.RLIMIT_NOFILE, open_files)
    if sys.platform == "linux":  # elsewhere the limit is not kept, or breaks the allocator
        _lower(resource.RLIMIT_AS, _mapped_bytes() + memory_mb * MEGABYTE)


def limit_cpu(seconds: float) -> None:
    """Cap CPU time from now on, over all threads: the last resort if the parent is stopped."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    total = int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 2
    _lower(resource.RLIMIT_CPU, total)


def restrict_files(
    *, readable: Iterable[Path] = (), writable: Iterable[Path] = (), ports: Iterable[int] = ()
) -> int:
    """Deny every file but those named, and TCP but to `ports`, through Landlock.

    Files that are open already stay usable. Returns the Landlock ABI in force, 0 for none.
    """
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    abi = int(libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1))
    if abi < 1:
        return 0
    rights = _FS_RIGHTS[max(known for known in _FS_RIGHTS if known <= abi)]
    attributes = struct.pack("QQ", rights, _NET_BIND_AND_CONNECT)
    attributes = attributes if abi >= _ABI_WITH_NETWORK else attributes[:8]
    ruleset = int(libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0))
    if ruleset < 0:
        return 0
    try:
        for path in readable:
            _allow(libc, ruleset, path, rights & _READ_FILE_AND_DIR)
        for path in writable:
            _allow(libc, ruleset, path, rights)
        for port in ports if abi >= _ABI_WITH_NETWORK else ():
            rule = struct.pack("=QQ", _NET_CONNECT, port)
            libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_NET_PORT, rule, 0)
        enforced = int(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)) == 0
    finally:
        os.close(ruleset)
    return abi if enforced else 0


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        target = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return  # a path that is not there needs no permission
    try:
        if not path.is_dir():
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, target)
        libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(target)


def _lower(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
