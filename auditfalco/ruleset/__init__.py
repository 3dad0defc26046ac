"""Rule files: read, checked, merged and expanded into rules."""

from __future__ import annotations
