"""Audit logs as files: records from auditd's logs and ``ausearch --raw``, plain or compressed, or from standard input.

Nothing in a file can stop the reading: what is no record is counted, and the first places are kept for the report.
Memory stays bounded whatever the file holds.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Callable, cast

from kernel_sources.audit.logline import parse_line
from kernel_sources.audit.record import Record
from kernel_sources.errors import KernelSourceError, Malformed

STANDARD_INPUT = "-"
"""The path that stands for standard input."""

MAX_LINE = 1 << 17
"""Longest line that is read, in bytes; auditd cuts records at 8,970 (``MAX_AUDIT_MESSAGE_LENGTH`` in libaudit.h)."""

MAX_FAULTS = 10
"""Faults whose place is kept; the others are counted."""

_CHUNK = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"
_NO_RECORDS = (b"----", b"time->")
"""Beginnings of the lines that ausearch puts between events."""


class UnreadableLog(KernelSourceError, OSError):
    """Raised when a log cannot be opened or read: missing, a directory, no permission, a broken disk.

    Attributes:
        path: the log as it was named.
    """

    def __init__(self, path: str, cause: OSError) -> None:
        reason = cause.strerror or str(cause)
        super().__init__(cause.errno, reason, path)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        """Name the file, then what is wrong with it."""
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Fault:
    """A place in a log that could not be read as a record."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        """Give the place and the reason as ``file:line: reason``."""
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass
class LogCount:
    """What reading logs came to; one may serve several files.

    Attributes:
        lines: lines met, those that hold no record by design (blank, separators of ausearch) included.
        records: records found.
        skipped: lines, or broken ends of files, that are no records.
        faults: the first of those skipped.
    """

    lines: int = 0
    records: int = 0
    skipped: int = 0
    faults: list[Fault] = field(default_factory=list)

    def skip(self, path: str, line: int, reason: str) -> None:
        """Count a place that could not be read, and remember it if it is among the first."""
        self.skipped += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(path, line, reason))


def read_logs(paths: Iterable[str], count: LogCount) -> Iterator[Record]:
    """Yield the records of several logs, one after the other, in the order in which they stand there.

    Args:
        paths: file names; ``-`` is standard input.
        count: told of everything that is read and skipped.

    Raises:
        UnreadableLog: at the first log that cannot be read; the records before it have been given.
    """
    for path in paths:
        yield from read_log(path, count)


def read_log(path: str, count: LogCount) -> Iterator[Record]:
    """Yield the records of one log; see :func:`read_logs`. Compression is told from the file's first bytes."""
    try:
        if path == STANDARD_INPUT:
            yield from read_stream(sys.stdin.buffer, "<stdin>", count)
        else:
            with open(path, "rb") as stream:
                yield from read_stream(stream, path, count)
    except OSError as error:
        raise UnreadableLog(path, error) from error


def read_stream(stream: BinaryIO, path: str, count: LogCount) -> Iterator[Record]:
    """Yield the records of an open binary stream; ``path`` names it in faults.

    Raises:
        OSError: when reading the stream fails.
    """
    chunks = _Chunks(stream)
    before = 0
    for lines in _blocks(chunks):
        for number, line in enumerate(lines, before + 1):
            try:
                record = parse_line(line or b"")
            except Malformed as error:
                if line is None:
                    count.skip(path, number, f"line longer than {MAX_LINE} bytes")
                elif line.strip() and not line.startswith(_NO_RECORDS):
                    count.skip(path, number, error.reason)
                continue
            count.records += 1
            yield record
        before += len(lines)
        count.lines += len(lines)
    if chunks.broken:
        count.skip(path, before + 1, chunks.broken)


class _Chunks:
    """The content of a stream, decompressed, in bounded pieces; ``broken`` says why it ended before its time, if so."""

    def __init__(self, stream: BinaryIO) -> None:
        self.broken = ""
        self._head = stream.read(len(_GZIP_MAGIC))
        # From a pipe take what is there; only a raw stream lacks read1.
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        if self._head == _GZIP_MAGIC:
            # Only reading: the interface of a raw stream is more than the decompressor needs.
            self._read = gzip.GzipFile(fileobj=cast(BinaryIO, _Rejoined(self._head, stream)), mode="rb").read1
            self._head = b""

    def __iter__(self) -> Iterator[bytes]:
        if self._head:
            yield self._head
        while True:
            try:
                chunk = self._read(_CHUNK)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self.broken = f"compressed data ends or breaks here: {error}"
                return
            if not chunk:
                return
            yield chunk


class _Rejoined:
    """A stream whose first bytes were read already and are given again: standard input cannot be wound back."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head[:size] if size >= 0 else self._head, self._head[size:] if size >= 0 else b""
        return head or self._stream.read(size)


def _blocks(chunks: Iterable[bytes]) -> Iterator[list[bytes | None]]:
    """Yield lines, without their end, as they become complete; None for each that is longer than :data:`MAX_LINE`.

    Of such a line no more than a chunk is held.
    """
    rest, too_long = b"", False
    for chunk in chunks:
        lines: list[bytes | None] = list(chunk.split(b"\n"))
        first, last = lines[0] or b"", lines[-1] or b""
        if not too_long:
            first = rest + first
            too_long = len(first) > MAX_LINE
        if len(lines) == 1:
            rest = first
            continue
        lines[0] = None if too_long else first
        rest, too_long = last, len(last) > MAX_LINE
        del lines[-1]
        yield [None if line is not None and len(line) > MAX_LINE else line for line in lines]
    if rest:
        yield [None if too_long else rest]
