"""The host that made-up calls are made on: directories and leaves of madeup.calls, tied together in every manner.

There are links inside a directory and out of it, a link to a directory, a link to nothing, hard links, a directory and
a file with others mounted upon them, and a container with files of its own under the same names and a directory that
the host shares with it.
"""

from __future__ import annotations

from auditfalco.coverage.scopes import HostMounts, Scope, TreeScope
from kernel_sources.procfs import mounts
from madeup.tree import Device, FileSystem, TreeFiles, View

_TABLE = b"""1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:22 / /proc rw - proc proc rw
3 1 0:25 / /run rw - tmpfs tmpfs rw
4 1 8:1 /opt/keys /root/.ssh rw - ext4 /dev/sda1 rw
5 1 8:1 /opt/conf /etc/ssh/x.conf rw - ext4 /dev/sda1 rw
"""


class Place:
    """The host and its container.

    Attributes:
        host: what the host's processes see.
        container: what a container's see.
        files: the host's, as the agent looks at them.
        scopes: where the agent finds the container's files.
    """

    def __init__(self) -> None:
        disk = self._disk()
        proc, run = FileSystem(Device(0, 22)), FileSystem(Device(0, 25))
        on_top = {"/root/.ssh": disk.at("/opt/keys"), "/etc/ssh/x.conf": disk.at("/opt/conf")}
        self.host = View({"/": disk.root, "/proc": proc.root, "/run": run.root, **on_top})
        overlay = FileSystem(Device(0, 61))
        for path in ("/etc/shadow", "/etc/x", "/etc/ssh/y", "/tmp/x", "/root/.ssh/x", "/etcetera/y", "/srv/www/none"):
            overlay.make(path)
        overlay.make("/tmp/hosts", "l", "/etc/shadow")
        self.container = View({"/": overlay.root, "/srv/www": disk.at("/srv/www")})
        table = mounts.parse(_TABLE)
        self.files = TreeFiles(self.host, table)
        self.scopes: frozenset[Scope] = HostMounts(table).standing | {TreeScope("/srv/www")}

    @staticmethod
    def _disk() -> FileSystem:
        disk = FileSystem(Device(8, 1))
        plain = ("/etc/shadow", "/etc/x", "/etc/ssh/x", "/etc/ssh/x.conf", "/srv/www/x", "/srv/www/y", "/tmp/x")
        apart = ("/opt/app/x", "/opt/app/hosts", "/opt/keys/x", "/opt/conf", "/root/.ssh/shadow", "/x", "/usr/data")
        for path in (*plain, *apart):
            disk.make(path)
        for point in ("/proc", "/run"):
            disk.make(point, "d")
        disk.make("/srv/www/shadow", like=disk.at("/etc/shadow"))
        disk.make("/tmp/hosts", like=disk.at("/etc/ssh/x"))
        for path, leads in (
            *(("/etc/hosts", "../usr/data"), ("/etc/x.conf", "ssh/x"), ("/etc/ssh/hosts", "/srv/www/hosts")),
            *(("/srv/www/x.conf", "/root/.ssh/x"), ("/etcetera", "opt/app"), ("/tmp/y", "/etc/y")),
            *(("/tmp/shadow", "/no/such"), ("/opt/keys/y", "/etc/shadow"), ("/etc/ssh/shadow", "../../tmp")),
        ):
            disk.make(path, "l", leads)
        return disk
