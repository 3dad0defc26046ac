"""Facts about the machine: when it booted, how its kernel was configured."""

from __future__ import annotations

import gzip
import io
import time
import zlib

CONFIG_LIMIT = 4 * 1024 * 1024
"""Bytes of a kernel configuration, unpacked, that are read at most; real ones are about 300 KiB."""


def boot_time_ns() -> int:
    """Return when the machine booted, in nanoseconds since 1970.

    It is the difference of CLOCK_REALTIME and CLOCK_BOOTTIME, read close together (``btime`` of /proc/stat is in whole
    seconds), and so moves when the wall clock is set.
    """
    best_width, best = None, 0
    for _ in range(5):
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        wall = time.clock_gettime_ns(time.CLOCK_REALTIME)
        after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        width = after - before
        if best_width is None or width < best_width:
            best_width, best = width, wall - (before + width // 2)
    return best


def parse_config(data: bytes) -> dict[str, str]:
    """Return the options of a kernel configuration, such as ``{"CONFIG_AUDIT": "y"}``; gzip is unpacked.

    Options that are not set are not in it.  Broken packing gives what could be unpacked before the break.
    """
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data)
    options = {}
    for line in data.decode("utf-8", "replace").splitlines():
        name, separator, value = line.partition("=")
        if separator and name.startswith("CONFIG_"):
            options[name] = value.strip().strip('"')
    return options


def parse_boot_parameters(data: bytes) -> dict[str, str]:
    """Return the parameters that the kernel was started with, such as ``{"audit": "1", "quiet": ""}``.

    Of a parameter given twice the last counts; what follows a lone ``--`` is for the first process.
    """
    parameters = {}
    for word in data.decode("utf-8", "replace").split():
        if word == "--":
            break
        name, _, value = word.partition("=")
        parameters[name] = value.strip('"')
    return parameters


def _unpacked(data: bytes) -> bytes:
    """Unpack gzip up to :data:`CONFIG_LIMIT` bytes."""
    chunks = []
    size = 0
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        while size < CONFIG_LIMIT:
            try:
                chunk = stream.read(65536)
            except (OSError, EOFError, zlib.error):
                break
            if not chunk:
                break
            chunks.append(chunk)
            size += len(chunk)
    return b"".join(chunks)
