"""Environments of programs: in no audit record, so they are read from /proc while the program runs.

Reading costs, so it is done as soon as a program is seen to start only where rules ask for environments; else when one
is asked for. What a program wrote over its environment meanwhile is what is found.
"""

from __future__ import annotations

import weakref
from collections import deque
from typing import Protocol

from auditfalco.model.process import Environment, Image, Process

LONGEST = 131_072
"""Bytes kept of one environment, as many as the longest single variable may have (MAX_ARG_STRLEN)."""

KEPT = 67_108_864
"""Bytes kept of all environments together."""

_OVERHEAD = 64


class EnvironmentReader(Protocol):
    """The part of the door to /proc that is needed."""

    def environment(self, process: Process, exe_path: str | None) -> list[str] | None:
        """The environment of a process that runs a certain program; None when it does not, any more."""


class Environments:
    """The environments of images.

    Attributes:
        wanted: whether rules ask for them, so that they are read at once.
        cuts: environments that were longer than LONGEST.
        evictions: environments forgotten because all together were more than KEPT.
    """

    def __init__(self, reader: EnvironmentReader | None, longest: int = LONGEST, kept: int = KEPT) -> None:
        self._reader = reader
        self._longest = longest
        self._most = kept
        self._kept: deque[tuple[weakref.ReferenceType[Image], int]] = deque()
        self._size = 0
        self.wanted = False
        self.cuts = 0
        self.evictions = 0

    def learn(self, process: Process, image: Image) -> None:
        """Read the environment of an image that a process was seen to run just now, where that is wanted."""
        if self.wanted:
            self.of(process, image)

    def of(self, process: Process, image: Image) -> Environment | None:
        """The environment of an image, read through a process that runs it; None when that comes too late."""
        if image.environment is None and self._reader is not None and process.is_alive and not process.pending:
            variables = self._reader.environment(process, image.exe_path)
            if variables is not None:
                self._keep(image, variables)
        return image.environment

    def told(self, image: Image, variables: list[str], whole: bool) -> None:
        """Take in the environment that an exec was seen to pass; without `whole` the rest was not looked at."""
        self._keep(image, variables)
        if not whole and image.environment is not None and image.environment.whole:
            image.environment = image.environment._replace(whole=False)
            self.cuts += 1

    def _keep(self, image: Image, variables: list[str]) -> None:
        size, fitting = _OVERHEAD, 0
        for variable in variables:
            if size + len(variable) > self._longest:
                break
            size += len(variable) + 1
            fitting += 1
        whole = fitting == len(variables)
        self.cuts += not whole
        image.environment = Environment(tuple(variables[:fitting]), whole)
        self._kept.append((weakref.ref(image), size))
        self._size += size
        while self._size > self._most:
            self._evict()

    def _evict(self) -> None:
        reference, size = self._kept.popleft()
        self._size -= size
        image = reference()
        if image is not None:
            image.environment = None
            self.evictions += 1
