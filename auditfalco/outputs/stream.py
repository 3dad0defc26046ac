"""The sink for standard output, or any other open binary stream."""

from __future__ import annotations

import errno
from typing import BinaryIO

from auditfalco.model.alert import Alert
from auditfalco.outputs.form import AlertForm


class StreamSink:
    """Writes one line an alert.

    Args:
        stream: where to; it stays open.
        form: how alerts are written.
        buffered: True leaves flushing to the stream, False flushes each line.
    """

    name = "stdout"

    def __init__(self, stream: BinaryIO, form: AlertForm, buffered: bool = False) -> None:
        self._stream = stream
        self._form = form
        self._buffered = buffered

    def write(self, alert: Alert) -> None:
        """Write one alert; OSError when the stream is closed or full."""
        if self._stream.closed:
            raise OSError(errno.EBADF, "the stream is closed")
        self._stream.write(self._form.line(alert).encode("utf-8") + b"\n")
        if not self._buffered:
            self._stream.flush()

    def close(self) -> None:
        """Flush the stream."""
        if not self._stream.closed:
            self._stream.flush()
