"""All rows."""

from __future__ import annotations

from calls import files, memory, processes

ROWS = (*files.ROWS, *memory.ROWS, *processes.ROWS)
