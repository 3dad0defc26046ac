"""Logs as files: compression, standard input, separators, faults, bounds."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kernel_sources.audit import logfile
from kernel_sources.audit.logfile import MAX_FAULTS, MAX_LINE, LogCount, UnreadableLog, read_log, read_logs, read_stream
from kernel_sources.errors import KernelSourceError

LINES = [
    f"type=BPF msg=audit(1760000001.{number:03}:{number}): prog-id={number} op=LOAD".encode() for number in range(100)
]
LOG = b"\n".join(LINES) + b"\n"


def serials(path: Path, count: LogCount | None = None) -> list[int]:
    return [record.serial for record in read_log(str(path), LogCount() if count is None else count)]


def write(directory: Path, content: bytes) -> Path:
    path = directory / "audit.log"
    path.write_bytes(content)
    return path


def test_a_plain_log(tmp_path: Path) -> None:
    count = LogCount()
    assert serials(write(tmp_path, LOG), count) == list(range(100))
    assert (count.lines, count.records, count.skipped, count.faults) == (100, 100, 0, [])


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1000])
def test_lines_across_chunks(tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "_CHUNK", chunk)
    assert serials(write(tmp_path, LOG)) == list(range(100))
    assert serials(write(tmp_path, gzip.compress(LOG))) == list(range(100))


def test_compression_is_told_from_the_content(tmp_path: Path) -> None:
    assert serials(write(tmp_path, gzip.compress(LOG))) == list(range(100))
    assert serials(write(tmp_path, gzip.compress(LOG) + gzip.compress(LOG))) == 2 * list(range(100))


@pytest.mark.parametrize("cut", [5, 30, -20, -1])
def test_a_compressed_log_that_breaks_off(tmp_path: Path, cut: int) -> None:
    count = LogCount()
    path = write(tmp_path, gzip.compress(LOG, mtime=0)[:cut])
    found = serials(path, count)
    assert found == list(range(len(found)))
    assert count.skipped in (1, 2)
    assert "compressed data ends or breaks here" in str(count.faults[-1])
    assert str(count.faults[-1]).startswith(f"{path}:{count.lines + 1}: ")


def test_a_compressed_log_with_wrong_bytes(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(LOG, mtime=0))
    content[-8] ^= 0xFF
    count = LogCount()
    assert serials(write(tmp_path, bytes(content)), count) == list(range(100))
    assert "compressed data ends or breaks here" in count.faults[-1].reason


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (LOG, gzip.compress(LOG)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        assert [record.serial for record in read_logs(["-"], LogCount())] == list(range(100))


def test_standard_input_is_named_in_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"nonsense\n")))
    count = LogCount()
    assert list(read_logs(["-"], count)) == []
    assert str(count.faults[0]) == "<stdin>:1: not an audit record"


def test_several_logs_after_one_another(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(LINES[1])
    (tmp_path / "a").write_bytes(LINES[2] + b"\nnonsense\n" + LINES[3])
    count = LogCount()
    records = list(read_logs([str(tmp_path / "b"), str(tmp_path / "a")], count))
    assert [record.serial for record in records] == [1, 2, 3]
    assert (count.lines, count.records, count.skipped) == (4, 3, 1)
    assert str(count.faults[0]) == f"{tmp_path / 'a'}:2: not an audit record"


def test_separators_of_ausearch_and_blank_lines_are_no_faults(tmp_path: Path) -> None:
    count = LogCount()
    content = b"----\ntime->Thu Oct  9 08:53:21 2025\n" + LINES[1] + b"\r\n\n   \n" + LINES[2]
    assert serials(write(tmp_path, content), count) == [1, 2]
    assert (count.lines, count.skipped) == (6, 0)


def test_only_the_first_faults_are_kept(tmp_path: Path) -> None:
    count = LogCount()
    assert serials(write(tmp_path, b"nonsense\n" * 1000), count) == []
    assert count.skipped == 1000
    assert [fault.line for fault in count.faults] == list(range(1, MAX_FAULTS + 1))


@pytest.mark.parametrize("ending", [b"", b"\n", b"\n" + LINES[1]])
def test_a_line_without_end_is_skipped_and_not_held(ending: bytes) -> None:
    class Endless(io.RawIOBase):
        """Gives a line of a hundred MiB in pieces; remembers the largest amount that it was asked for."""

        left = 100 * 1024 * 1024
        most = 0
        ending = b""

        def read(self, size: int = -1) -> bytes:
            self.most = max(self.most, size)
            if not self.left:
                rest, self.ending = self.ending, b""
                return rest
            size = min(size, self.left)
            self.left -= size
            return b"x" * size

    stream = Endless()
    stream.ending = ending
    count = LogCount()
    records = list(read_stream(stream, "big", count))  # type: ignore[arg-type]
    assert len(records) == ending.count(b"type=")
    assert [str(fault) for fault in count.faults] == [f"big:1: line longer than {MAX_LINE} bytes"]
    assert 0 < stream.most <= 1 << 20


def test_the_longest_line_that_is_read(tmp_path: Path) -> None:
    count = LogCount()
    whole, longer = LINES[1] + b" " * (MAX_LINE - len(LINES[1])), LINES[2] + b" " * MAX_LINE
    assert serials(write(tmp_path, whole + b"\n" + longer + b"\n" + LINES[3]), count) == [1, 3]
    assert (count.lines, count.skipped, count.faults[0].line) == (3, 1, 2)


def test_a_log_cut_at_any_byte(tmp_path: Path) -> None:
    content = b"\n".join(LINES[:3])
    for size in range(len(content)):
        count = LogCount()
        found = serials(write(tmp_path, content[:size]), count)
        assert found == list(range(len(found)))
        assert count.lines == len(found) + count.skipped


@pytest.mark.parametrize("kind", ["missing", "directory"])
def test_a_log_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    path = str(tmp_path / "missing" if kind == "missing" else tmp_path)
    with pytest.raises(UnreadableLog) as caught:
        list(read_log(path, LogCount()))
    error = caught.value
    assert isinstance(error, KernelSourceError)
    assert isinstance(error, OSError)
    assert error.errno
    assert str(error).startswith(f"{path}: ")
    assert error.path == path
