"""Calls about memory."""

from __future__ import annotations

from calls.descriptions import SIZES
from calls.row import BOTH, NATIVE, Row

THE_FILE = "<f>{dir}/file"

MEMORY = (
    Row(
        "mmap",
        "mmap",
        "memory",
        {
            "res": "{result}",
            "length": "8192",
            "prot": "PROT_READ|PROT_WRITE",
            "flags": "MAP_PRIVATE|MAP_ANONYMOUS",
            "addr": "0",
        },
        absent=("fd", "offset"),
        measured=SIZES,
        bits=NATIVE,
    ),
    Row(
        "mmap_file",
        "mmap",
        "memory",
        {
            "res": "{result}",
            "length": "4096",
            "prot": "PROT_READ|PROT_EXEC",
            "flags": "MAP_SHARED",
            "addr": "0",
            "fd": THE_FILE,
        },
        absent=("offset",),
        measured=SIZES,
        bits=NATIVE,
    ),
    Row(
        "mprotect",
        "mprotect",
        "memory",
        {"res": "0", "addr": "{address}", "length": "4096", "prot": "PROT_READ|PROT_WRITE|PROT_EXEC"},
        bits=BOTH,
    ),
)

ROWS = MEMORY
