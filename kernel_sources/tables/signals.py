"""Signals and their names, as x86, arm and the generic headers number them (include/uapi/asm-generic/signal.h)."""

from __future__ import annotations

# fmt: off
_SIGNALS = (
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
    "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP",
    "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",
    "SIGPWR", "SIGSYS",
)
# fmt: on
_NUMBERS = {name: number for number, name in enumerate(_SIGNALS, start=1)}


def signal_name(number: int) -> str | None:
    """Return the name of a signal from 1 to 31, or None: real-time signals have no fixed names."""
    return _SIGNALS[number - 1] if 1 <= number <= len(_SIGNALS) else None


def signal_number(name: str) -> int | None:
    """Return the number of a signal name such as ``SIGKILL``, or None."""
    return _NUMBERS.get(name)
