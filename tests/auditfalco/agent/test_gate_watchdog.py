"""The dead man's switch: what beats is left alone, what is silent is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator

import pytest

from auditfalco.agent.gate.watchdog import watch

SILENCE_MS = 200


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait(10)


@pytest.fixture
def pipes() -> Iterator[list[int]]:
    made = [*os.pipe(), *os.pipe()]
    yield made
    for descriptor in made:
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test has closed it


def test_silence_kills(victim: subprocess.Popen[bytes], pipes: list[int]) -> None:
    heart, beat, heard, echo = pipes
    handle = os.pidfd_open(victim.pid)
    os.write(beat, b".")
    try:
        assert watch(heart, echo, handle, SILENCE_MS)
    finally:
        os.close(handle)
    assert victim.wait(10) == -signal.SIGKILL
    assert os.read(heard, 8) == b"."


def test_an_end_is_no_silence(victim: subprocess.Popen[bytes], pipes: list[int]) -> None:
    heart, beat, _, echo = pipes
    handle = os.pidfd_open(victim.pid)
    os.write(beat, b".")
    os.close(beat)
    try:
        assert not watch(heart, echo, handle, SILENCE_MS)
    finally:
        os.close(handle)
    assert victim.poll() is None


def test_nothing_is_expected_before_the_first_beat(victim: subprocess.Popen[bytes], pipes: list[int]) -> None:
    heart, beat, _, echo = pipes
    handle = os.pidfd_open(victim.pid)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(watch(heart, echo, handle, SILENCE_MS)))
    thread.start()
    thread.join(3 * SILENCE_MS / 1000)
    assert victim.poll() is None
    os.close(beat)
    thread.join(10)
    os.close(handle)
    assert answers == [False]
