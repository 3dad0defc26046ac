"""The error tree of the kernel library.

::

    KernelSourceError
    ├── NotPermitted    the kernel has the feature and refused it to us
    ├── NotSupported    the kernel does not have the feature
    ├── NoAnswer        the kernel did not answer a request in time
    ├── Malformed       bytes that break a format
    └── RuleRefused     the kernel refused one audit rule

Every error raised on purpose by ``kernel_sources`` is one of these.  An ``OSError`` that fits none of them (a
descriptor closed under our feet, memory exhausted) is let through as it is.
"""

from __future__ import annotations

import errno
import os

REFUSALS = frozenset({errno.EPERM, errno.EACCES, errno.ECONNREFUSED})
"""Error numbers that mean "you may not".

``ECONNREFUSED`` is what ``audit_netlink_ok()`` (kernel/audit.c) answers outside the initial user namespace.
"""

ABSENCES = frozenset(
    {errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.EOPNOTSUPP, errno.ENOSYS, errno.ESOCKTNOSUPPORT, errno.ENODEV}
)
"""Error numbers that mean "this kernel was built without it"."""


class KernelSourceError(Exception):
    """Base of every error that the kernel library raises on purpose."""


class NotPermitted(KernelSourceError):
    """Raised when the kernel refuses an operation to this process (a capability, namespace or lock is in the way)."""


class NotSupported(KernelSourceError):
    """Raised when this kernel, or its configuration, lacks what was asked of it."""


class NoAnswer(KernelSourceError):
    """Raised when the kernel does not answer a request in time, or its answer was lost."""


class Malformed(KernelSourceError):
    """Raised when bytes do not follow the format they should.

    Args:
        reason: what is wrong, in a few words.
        offset: byte offset of the fault in the bytes given, when known.
        line: line number (from 1) of the fault in the text given, when known.
    """

    def __init__(self, reason: str, *, offset: int | None = None, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.line = line

    def __str__(self) -> str:
        """Give the reason, then where it was found."""
        if self.line is not None:
            return f"{self.reason} (line {self.line})"
        if self.offset is not None:
            return f"{self.reason} (byte {self.offset})"
        return self.reason


class RuleRefused(KernelSourceError):
    """Raised when the kernel refuses to add or delete one audit rule.

    Args:
        rule: the rule in auditctl's notation.
        number: the error number of the refusal (positive), for example ``errno.EEXIST``.
    """

    def __init__(self, rule: str, number: int) -> None:
        super().__init__(f"audit rule refused: {os.strerror(number)}: {rule}")
        self.rule = rule
        self.errno = number


def from_errno(number: int, what: str) -> KernelSourceError | OSError:
    """Return the error that stands for ``number`` (a positive errno) met while doing ``what``.

    The caller raises it: ``raise from_errno(error.errno, "open an audit socket") from error``.
    """
    reason = f"cannot {what}: {os.strerror(number)}"
    if number in REFUSALS:
        return NotPermitted(reason)
    if number in ABSENCES:
        return NotSupported(reason)
    return OSError(number, reason)
