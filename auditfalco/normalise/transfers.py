"""Calls that move data from one descriptor to another.

Offsets are pointers; lengths and flags that are fifth or sixth arguments are in no record.
"""

from __future__ import annotations

from auditfalco.normalise.call import Builder
from auditfalco.normalise.layout import descriptor, telling
from auditfalco.normalise.registers import told_by_registers

BUILDERS: dict[str, Builder] = {
    "copy_file_range": telling(descriptor("fdout", 2), descriptor("fdin", 0)),
    "sendfile": telling(descriptor("out_fd", 0), descriptor("in_fd", 1), told_by_registers(size=3)),
    "splice": telling(descriptor("fd_in", 0), descriptor("fd_out", 2)),
}
