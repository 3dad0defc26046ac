"""Work that may never end, done for so long and no longer.

A look at a file can wait for ever: the file system may be served by a process that does not answer (FUSE), or by a
machine that is gone (NFS). The engine must not wait with it.
"""

from __future__ import annotations

import queue
import threading
import weakref
from typing import Any, Callable, Generic, TypeVar

SECONDS = 0.1
"""How long one piece of work may take."""

MOST_STUCK = 4
"""Pieces of work that may be waiting for ever; with so many, no further work is begun until one ends."""

Result = TypeVar("Result")


class _Piece(Generic[Result]):
    """One piece of work; `ended` is released when it has ended."""

    __slots__ = ("_work", "ended", "error", "result")

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self.ended = threading.Lock()
        self.ended.acquire()
        self.result: Result | None = None
        self.error: BaseException | None = None

    def do(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001  # it is raised again where the result is wanted
            self.error = error
        finally:
            self.ended.release()


class Deadline:
    """Does work in a thread of its own, which is left behind when it does not end in time.

    Attributes:
        overdue: pieces of work that did not end in time.
        refused: pieces that were not begun, since too many are stuck.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._pieces: queue.SimpleQueue[_Piece[Any] | None] | None = None
        self._stuck: list[_Piece[Any]] = []
        self.overdue = 0
        self.refused = 0

    def run(self, work: Callable[[], Result]) -> Result | None:
        """The work's result; None when it did not end in time, or too much is stuck already.

        Work that is left behind goes on by itself; it has to release what it holds.

        Raises:
            BaseException: what the work raised in time.
        """
        if len(self._stuck) >= MOST_STUCK:
            self._stuck = [piece for piece in self._stuck if piece.ended.locked()]
            if len(self._stuck) >= MOST_STUCK:
                self.refused += 1
                return None
        piece: _Piece[Result] = _Piece(work)
        if self._pieces is None:
            pieces = self._pieces = queue.SimpleQueue()
            threading.Thread(target=_work_off, args=(pieces,), name="files", daemon=True).start()
            weakref.finalize(self, pieces.put, None)  # the thread goes with us
        self._pieces.put(piece)
        if not piece.ended.acquire(timeout=self._seconds):
            self.overdue += 1
            self._stuck.append(piece)
            self._pieces.put(None)  # when it does come back, its thread is no longer wanted
            self._pieces = None
            return None
        if piece.error is not None:
            raise piece.error
        return piece.result


def _work_off(pieces: queue.SimpleQueue[_Piece[Any] | None]) -> None:
    while True:
        piece = pieces.get()
        if piece is None:
            return
        piece.do()
