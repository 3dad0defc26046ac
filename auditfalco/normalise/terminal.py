"""Terminals: from the kernel's name to the number that Falco prints (new_encode_dev in include/linux/kdev_t.h;
majors from Documentation/admin-guide/devices.txt)."""

from __future__ import annotations

import re

_NAME = re.compile(r"(pts|ttyS|ttyUSB|ttyAMA|hvc|tty)(\d+)")
_BASES = {"pts": (136, 0), "tty": (4, 0), "ttyS": (4, 64), "ttyUSB": (188, 0), "ttyAMA": (204, 64), "hvc": (229, 0)}


def number(name: str | None) -> int:
    """The number of a controlling terminal named as in a record's `tty=`: 0 for none, 1 for one of unknown kind."""
    if name is None:
        return 0
    found = _NAME.fullmatch(name)
    if found is None:
        return 1
    major, first = _BASES[found.group(1)]
    minor = first + int(found.group(2))
    return major << 8 | minor & 0xFF | (minor & ~0xFF) << 12
