"""Falco's rules on Linux hosts where neither eBPF nor a kernel module may load."""

from __future__ import annotations

__version__ = "0.1.0"
