"""Files inside a root directory, reached without ever leaving it.

A container chooses the links in its own tree; `root/etc` may be a link to the host's /etc. Resolution treats the root
as chroot(2) would (kernel_sources.procfs.inroot).
"""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import NamedTuple

from kernel_sources.procfs import ProcFS
from kernel_sources.procfs.inroot import open_below
from kernel_sources.procfs.realpath import Reached, follow


class Stamp(NamedTuple):
    """What changes when a file is changed or replaced."""

    device: int
    inode: int
    size: int
    mtime_ns: int


class Content(NamedTuple):
    """What a file held, and its stamp then."""

    stamp: Stamp
    data: bytes | None


class RootedFiles:
    """The live file system below given roots."""

    def __init__(self, proc: ProcFS | None = None) -> None:
        self._proc = proc if proc is not None else ProcFS()

    def read_in_root(self, root: str, path: str, most: int, unless: Stamp | None = None) -> Content | None:
        """At most `most` bytes of the regular file `path` inside `root`; None when there is none.

        Without the bytes when the file still has the stamp `unless`.
        """
        return _content(self._open(root, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), most, unless)

    def read_exe(self, pid: int, most: int) -> Content | None:
        """At most `most` bytes of what a process runs, also when that has no name; None when the process is gone."""
        return _content(self._proc.open_exe(pid), most, None)

    def stat_in_root(self, root: str, path: str, *, follow: bool = True) -> os.stat_result | None:
        """What stat(2) of `path` gives inside `root`; None when there is no such file."""
        if root == "/":
            try:
                return os.stat(path, follow_symlinks=follow)
            except (OSError, ValueError):
                return None
        descriptor = self._open(root, path, os.O_PATH | (0 if follow else os.O_NOFOLLOW))
        if descriptor is None:
            return None
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def entries_in_root(self, root: str, directory: str, inode: int, most: int) -> list[str]:
        """The names that an inode has in `directory` inside `root`, sought among the first `most` entries."""
        descriptor = self._open(root, directory, os.O_RDONLY | os.O_DIRECTORY)
        if descriptor is None:
            return []
        try:
            with os.scandir(descriptor) as entries:
                return [entry.name for entry in islice(entries, most) if entry.inode() == inode]
        except OSError:
            return []
        finally:
            os.close(descriptor)

    def listing_in_root(self, root: str, directory: str, most: int) -> list[str]:
        """The names of the first `most` entries of `directory` inside `root`; none when there is no such directory."""
        descriptor = self._open(root, directory, os.O_RDONLY | os.O_DIRECTORY)
        if descriptor is None:
            return []
        try:
            with os.scandir(descriptor) as entries:
                return [entry.name for entry in islice(entries, most)]
        except OSError:
            return []
        finally:
            os.close(descriptor)

    def real_in_root(self, root: str, path: str) -> tuple[os.stat_result, str] | None:
        """What `path` inside `root` leads to: its status, and its path inside the root without any symbolic link.

        None when there is no such file, or it has no name there any more.
        """
        if root == "/":
            return self._real(path)
        top, descriptor = self._open(root, "/", os.O_PATH), self._open(root, path, os.O_PATH)
        try:
            if top is None or descriptor is None:
                return None
            real_root, real = (os.readlink(self._proc.own_descriptor(number)) for number in (top, descriptor))
            inside = real[len(real_root.rstrip("/")) :]
            return (os.fstat(descriptor), inside) if inside.startswith("/") and real.startswith(real_root) else None
        except OSError:
            return None
        finally:
            for number in (top, descriptor):
                if number is not None:
                    os.close(number)

    def _real(self, path: str) -> tuple[os.stat_result, str] | None:
        """`real_in_root` where the root is our own, which the kernel resolves for us."""
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (OSError, ValueError):
            return None
        try:
            return os.fstat(descriptor), os.readlink(self._proc.own_descriptor(descriptor))
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def follow_in_root(self, root: str, path: str, self_pid: int | None) -> Reached | None:
        """Where `path` inside `root` leads, and over which links; None when it leads nowhere.

        `self_pid` is what `/proc/self` stands for there.
        """
        try:
            directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return follow(directory, path, self_pid)
        except (OSError, ValueError):
            return None
        finally:
            os.close(directory)

    def _open(self, root: str, path: str, flags: int) -> int | None:
        try:
            directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return open_below(directory, path, flags)
        except (OSError, ValueError):
            return None
        finally:
            os.close(directory)


def _content(descriptor: int | None, most: int, unless: Stamp | None) -> Content | None:
    """What an open file holds; the descriptor is closed."""
    if descriptor is None:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        stamp = Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        return Content(stamp, None if stamp == unless else os.read(descriptor, min(status.st_size, most)))
    except OSError:
        return None
    finally:
        os.close(descriptor)
