"""All rows."""

from __future__ import annotations

from calls import descriptors, files, memory, processes, sockets

ROWS = (*files.ROWS, *descriptors.ROWS, *memory.ROWS, *sockets.ROWS, *processes.ROWS)
