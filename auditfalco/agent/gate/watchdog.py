"""The dead man's switch: kills the responder when it gives no sign of life, so that nobody waits for it.

Runs as a process of its own, knows only descriptors, and opens nothing once it has begun.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys

PRIORITY = -15
"""Of the processor's time, as nice(2) counts: no busy host may look like a responder that is dead."""

SILENCE_MS = 300
"""After so long without a heartbeat the responder is killed."""


def watch(heart: int, echo: int, responder: int, silence_ms: int = SILENCE_MS) -> bool:
    """Pass each heartbeat back until they stop.

    Args:
        heart: where heartbeats come from.
        echo: where they are passed on to, never waited for.
        responder: a process descriptor of the responder.
        silence_ms: the longest silence.

    Returns:
        True when the responder had to be killed, False when it had ended or left.
    """
    poll = select.poll()
    poll.register(heart, select.POLLIN)
    poll.poll()  # its start may take its time: nothing is marked before the first heartbeat
    while poll.poll(silence_ms):
        beats = os.read(heart, 64)
        if not beats:
            return False
        try:
            os.write(echo, beats[:1])
        except BlockingIOError:
            continue
        except BrokenPipeError:
            return False
    try:
        signal.pidfd_send_signal(responder, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def main(arguments: list[str]) -> None:
    """Run as the watchdog: descriptors of the heart, the echo and the responder."""
    heart, echo, responder = map(int, arguments)
    os.set_blocking(echo, False)
    with contextlib.suppress(PermissionError):  # without CAP_SYS_NICE it is a little less punctual
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    watch(heart, echo, responder)


if __name__ == "__main__":
    main(sys.argv[1:])
