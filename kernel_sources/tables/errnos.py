"""Linux error numbers and their names, as every machine but alpha, mips, parisc and sparc numbers them."""

from __future__ import annotations

from kernel_sources.tables.generated.errnos import NAMES

_NUMBERS = {name: number for number, name in NAMES.items()}
_SYNONYMS = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}


def errno_name(number: int) -> str | None:
    """Return the name of an error number, such as ``ENOENT`` for 2 or -2, or None when it has none."""
    return NAMES.get(abs(number))


def errno_number(name: str) -> int | None:
    """Return the (positive) error number of a name such as ``ENOENT``, or None."""
    return _NUMBERS.get(_SYNONYMS.get(name, name))
