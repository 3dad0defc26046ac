"""Records what the kernel says into a log, as the audit daemon would write it: one `type=NAME msg=…` line a record."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

from kernel_sources import tables
from kernel_sources.audit.multicast import MulticastReader

PAUSE = 0.02  # seconds between looks
QUIET_LOOKS = 10  # looks without a record, after which everything has been written


class Recording:
    """While entered, writes every audit record to `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = MulticastReader()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Recording:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._reader.close()
        assert self._reader.overruns == 0

    def _run(self) -> None:
        quiet = 0
        with self.path.open("wb") as log:
            while quiet < QUIET_LOOKS:
                records = self._reader.read_batch()
                for record_type, text in records:
                    log.write(b"type=%s msg=%s\n" % (tables.record_type_name(record_type).encode(), text))
                if records:
                    continue
                quiet = quiet + 1 if self._stop.wait(PAUSE) else 0
                if quiet:
                    self._pause()

    def _pause(self) -> None:
        threading.Event().wait(PAUSE)
