"""Runs a program as somebody who is not root, although root started it: PostgreSQL refuses root.

In a user namespace of its own the program has another user's number, and the same files are open
to it as to root: no directory above it has to be opened for others. Without a program it only
tries, and its exit code says whether this machine allows it. Started by path with the standard
library alone.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

_NEW_USER_NAMESPACE = 0x10000000
_INSIDE = 1000


def command() -> list[str]:
    """The words before a command that make it run as somebody else."""
    return [sys.executable, "-I", "-S", __file__]


def available() -> bool:
    """Whether this machine lets root make user namespaces; some containers do not."""
    tried = subprocess.run(command(), capture_output=True, check=False)  # noqa: S603 - this script
    return tried.returncode == 0


def enter() -> None:
    """Become somebody else; raises OSError where that is not allowed."""
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace can be made")
    for file, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INSIDE} {user} 1"),
        ("gid_map", f"{_INSIDE} {group} 1"),
    ):
        with open(f"/proc/self/{file}", "w") as mapping:  # noqa: PTH123 - pathlib is slow to import
            mapping.write(content)


def main(program: list[str]) -> None:
    """Enter, and become `program` when there is one."""
    enter()
    if program:
        os.execv(program[0], program)  # noqa: S606 - as its caller names it


if __name__ == "__main__":
    main(sys.argv[1:])
