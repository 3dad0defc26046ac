"""What fanotify can do, with an extension module that answers as kernels do."""

from __future__ import annotations

import errno
import os

import pytest

from kernel_sources.errors import NotPermitted, NotSupported
from kernel_sources.fanotify import features as tried
from kernel_sources.fanotify.features import Features, features

PIDFD, CONTENT, FILESYSTEM = 0x80, 0x4, 0x100
PERMISSION = 0x10000
REMOVE = 2


class Kernel:
    """Stands in for the extension module: refuses some flags, kinds of marks and masks."""

    FAN_CLASS_NOTIF, FAN_CLASS_CONTENT, FAN_CLOEXEC, FAN_NONBLOCK = 0, CONTENT, 1, 2
    FAN_MARK_REMOVE, FAN_MARK_INODE, FAN_MARK_FILESYSTEM = REMOVE, 0, FILESYSTEM
    FAN_OPEN, FAN_OPEN_PERM = 0x20, PERMISSION

    def __init__(self, refused: int = 0, error: int = 0) -> None:
        self.refused = refused
        self.error = error
        self.marks: list[int] = []
        self.opened: list[int] = []

    def create(self) -> int:
        return 1

    def init(self, context: int, flags: int, event_flags: int) -> int:
        if self.error or flags & self.refused:
            raise OSError(self.error or errno.EINVAL, "refused")
        self.opened.append(os.open("/dev/null", os.O_RDONLY))
        return self.opened[-1]

    def mark(self, context: int, flags: int, mask: int, directory: int, path: str | None) -> None:
        self.marks.append(flags)
        raise OSError(errno.EINVAL if (flags | mask) & self.refused else errno.ENOENT, "refused")

    def is_closed(self) -> bool:
        return not any(os.path.exists(f"/dev/fd/{number}") for number in self.opened)


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (0, Features(True, True, True)),
        (PIDFD, Features(False, True, True)),
        (FILESYSTEM, Features(True, False, True)),
        (CONTENT, Features(True, True, False)),
        (PERMISSION, Features(True, True, False)),
    ],
)
def test_kernels(monkeypatch: pytest.MonkeyPatch, refused: int, expected: Features) -> None:
    kernel = Kernel(refused)
    monkeypatch.setattr(tried, "ext", kernel)
    assert features() == expected
    assert kernel.is_closed()
    assert all(flags & REMOVE for flags in kernel.marks)  # nothing was ever marked


@pytest.mark.parametrize(("error", "kind"), [(errno.EPERM, NotPermitted), (errno.ENOSYS, NotSupported)])
def test_without_fanotify(monkeypatch: pytest.MonkeyPatch, error: int, kind: type[Exception]) -> None:
    monkeypatch.setattr(tried, "ext", Kernel(error=error))
    with pytest.raises(kind):
        features()
