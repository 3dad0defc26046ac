"""Reads that end: bounded in size, and None when what is to be read is not there or not for us."""

from __future__ import annotations

import errno
import os

ABSENT = frozenset(
    {
        errno.ENOENT,  # the process or the file is gone
        errno.ESRCH,  # the process went while the file was open
        errno.EACCES,
        errno.EPERM,
        errno.ENOTDIR,
        errno.EINVAL,  # readlink of what is no link; reads that an ending process refuses
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EIO,
        errno.ENXIO,
        errno.ENODEV,
        errno.ESTALE,
    }
)
"""Error numbers that mean "this cannot be known", as opposed to trouble of our own (no descriptors, no memory)."""

CHUNK = 65536


def read(path: str, limit: int) -> bytes | None:
    """Return at most ``limit`` bytes of the file, None when it is absent.

    Raises:
        OSError: trouble of our own, such as too many open files.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise_unless_absent(error)
        return None
    try:
        return read_descriptor(descriptor, limit)
    except OSError as error:
        raise_unless_absent(error)
        return None
    finally:
        os.close(descriptor)


def read_descriptor(descriptor: int, limit: int) -> bytes:
    """Return at most ``limit`` bytes from an open file.

    Raises:
        OSError: as read(2).
    """
    chunks = []
    wanted = limit
    while wanted > 0:
        chunk = os.read(descriptor, min(wanted, CHUNK))
        if not chunk:
            break
        chunks.append(chunk)
        wanted -= len(chunk)
    return b"".join(chunks)


def read_text(path: str, limit: int) -> str | None:
    """Return at most ``limit`` bytes of the file as text without the white space around it, None when it is absent."""
    data = read(path, limit)
    return None if data is None else decode(data).strip()


def read_number(path: str) -> int | None:
    """Return the decimal number that the file holds, None when it is absent or holds something else."""
    text = read_text(path, 64)
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def read_link(path: str) -> str | None:
    """Return the target of a symbolic link, None when it is absent."""
    try:
        return os.readlink(path)
    except OSError as error:
        raise_unless_absent(error)
        return None


def numbered_entries(path: str, limit: int) -> list[int] | None:
    """Return the names in a directory that are numbers, ascending, ``limit`` at most; None when it is absent."""
    numbers = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.isdecimal():
                    numbers.append(int(entry.name))
                    if len(numbers) >= limit:
                        break
    except OSError as error:
        raise_unless_absent(error)
        return None
    return sorted(numbers)


def decode(data: bytes) -> str:
    """Decode text of the kernel; bytes that are no UTF-8 survive as surrogates."""
    return data.decode("utf-8", "surrogateescape")


def raise_unless_absent(error: OSError) -> None:
    """Raise ``error`` again if it is trouble of our own; return if it means that something is absent."""
    if error.errno not in ABSENT:
        raise error
