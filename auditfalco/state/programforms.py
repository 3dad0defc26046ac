"""What an argument vector tells of the program that is meant: a script, one of many, one that the loader was given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from auditfalco.model.program import cut

MULTI_CALL = ("busybox", "toybox", "coreutils")
"""Programs that are many: the name that they are called by tells which, or else their first argument."""

_LOADER = re.compile(r"ld(-linux[a-z0-9_-]*|-musl-[a-z0-9_]+|64|-[0-9.]+)?\.so(\.[0-9]+)?")

_LOADER_VALUES = frozenset(
    (
        "--library-path",
        "--inhibit-rpath",
        "--audit",
        "--preload",
        "--argv0",
        "--glibc-hwcaps-prepend",
        "--glibc-hwcaps-mask",
    )
)
"""Options of the loader that take the next argument (elf/rtld.c of the GNU C library; musl has some of them)."""

_LOOKED_AT = 4
"""How far into its arguments an interpreter's script is looked for: `#!` may give the interpreter an option."""


def last_part(path: str) -> str:
    """The last part of a path, as the kernel names a program by it."""
    return path.rstrip("/").rpartition("/")[2]


def is_script(argv: Sequence[str] | None, interpreter: str | None, script: str | None) -> bool:
    """Whether an exec of `script` ran `interpreter` on it: the kernel puts both in front of the arguments.

    Source: load_script() in fs/binfmt_script.c.
    """
    return bool(
        argv and interpreter is not None and script is not None and argv[0] == interpreter and script in argv[1:3]
    )


def script_of(argv: Sequence[str] | None, comm: str | None) -> str | None:
    """The script that a running interpreter was started for, where its arguments and its name tell; None else."""
    return next((each for each in (argv or ())[1:_LOOKED_AT] if comm and cut(last_part(each)) == comm), None)


def applet_of(argv: Sequence[str] | None, names: Iterable[str]) -> str | None:
    """Which of its programs a multi-call program is asked to be; None of any other program.

    Args:
        argv: its arguments.
        names: what its file is called, and what it calls itself.
    """
    if not argv or not any(_is_multi_call(name) for name in names):
        return None
    called = last_part(argv[0]).lstrip("-")
    if _is_multi_call(called):
        return last_part(argv[1]) if len(argv) > 1 else None
    return called


def _is_multi_call(name: str) -> bool:
    return name.split(".")[0] in MULTI_CALL


def loaded_by(argv: Sequence[str] | None, exe: str | None) -> str | None:
    """The program that the dynamic loader was told to run; None of any other program."""
    if not argv or exe is None or _LOADER.fullmatch(last_part(exe)) is None:
        return None
    arguments = iter(argv[1:])
    for argument in arguments:
        if argument in _LOADER_VALUES:
            next(arguments, None)
        elif not argument.startswith("--"):
            return argument
    return None
