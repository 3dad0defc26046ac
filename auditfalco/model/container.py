"""A container, as far as the host's state tells of it."""

from __future__ import annotations

SHORT_ID_LENGTH = 12


class Container:
    """What is known of one container; every fact but the id may be None, which means unknown, never "none".

    One object stands for one container and is shared by its processes: its metadata may be learnt after its first
    process was seen (`described` turns True then). `full_id` is the runtime's id (64 hex digits for Docker), `runtime`
    Falco's container.type, `start_ns` nanoseconds since the epoch, `image` the reference as the operator gave it,
    `image_id` the digest of the image's configuration. `root` is the directory on the host under which its root file
    system lies, `upper` the directory of the layer it writes (both None where unknown).
    """

    __slots__ = (
        "described",
        "digest",
        "full_id",
        "image",
        "image_id",
        "init_pid",
        "name",
        "privileged",
        "repository",
        "root",
        "runtime",
        "start_ns",
        "tag",
        "upper",
    )

    def __init__(self, full_id: str, runtime: str) -> None:
        self.full_id = full_id
        self.runtime = runtime
        self.described = False
        self.name: str | None = None
        self.image: str | None = None
        self.image_id: str | None = None
        self.repository: str | None = None
        self.tag: str | None = None
        self.digest: str | None = None
        self.privileged: bool | None = None
        self.start_ns: int | None = None
        self.init_pid: int | None = None
        self.root: str | None = None
        self.upper: str | None = None

    @property
    def id(self) -> str:
        """The short id that engines print: the first twelve characters."""
        return self.full_id[:SHORT_ID_LENGTH]

    def stopped(self) -> None:
        """Forget what another start of the same container may change: its first process has ended."""
        self.described = False
        self.start_ns = self.init_pid = None

    @property
    def is_host(self) -> bool:
        """Whether this stands for the host itself rather than for a container."""
        return self is HOST

    def __repr__(self) -> str:
        return f"Container({self.id}, {self.runtime})"


HOST = Container("host", "host")
"""The host: the place of a process known to run outside every container.

A process of which nothing is known has None.
"""
HOST.name = "host"
HOST.described = True
HOST.root = "/"
