"""What the kernel tells of itself, from recorded file systems."""

from __future__ import annotations

from pathlib import Path

from auditfalco.coverage.machine.kernel import Kernel, look_at_kernel
from kernel_sources.procfs import ProcFS
from kernel_sources.security import Security


def test_options_boot_and_settings(tmp_path: Path) -> None:
    proc, sys = tmp_path / "proc", tmp_path / "sys"
    (proc / "sys" / "kernel").mkdir(parents=True)
    (proc / "config.gz").write_text("CONFIG_AUDIT=y\n# CONFIG_MODULES is not set\n")
    (proc / "cmdline").write_text("quiet audit=1 -- audit=0\n")
    (proc / "sys" / "kernel" / "io_uring_disabled").write_text("2\n")
    (proc / "sys" / "kernel" / "unprivileged_bpf_disabled").write_text("1\n")
    (sys / "kernel" / "security").mkdir(parents=True)
    (sys / "kernel" / "security" / "lockdown").write_text("none [integrity] confidentiality\n")
    (sys / "fs" / "selinux").mkdir(parents=True)
    (sys / "fs" / "selinux" / "enforce").write_text("1")
    found = look_at_kernel(ProcFS(str(proc)), Security(str(sys)))
    assert (found.has("CONFIG_AUDIT"), found.has("CONFIG_MODULES")) == (True, False)
    assert found.boot == {"quiet": "", "audit": "1"}
    assert (found.uring_disabled, found.has_uring) == (2, False)
    assert found.settings == {"kernel.unprivileged_bpf_disabled": "1"}
    assert (found.lockdown, found.confined) == ("integrity", ("SELinux enforcing",))


def test_nothing_to_be_read(tmp_path: Path) -> None:
    found = look_at_kernel(ProcFS(str(tmp_path), str(tmp_path)), Security(str(tmp_path)))
    assert found.has("CONFIG_AUDIT") is None
    assert found.has_uring
    assert (found.boot, found.lockdown, found.confined) == ({}, None, ())


def test_versions() -> None:
    assert Kernel("6.18.44-fc").version == (6, 18)
    assert Kernel("5.4-rc1").version == (5, 4)
    assert Kernel("strange").version == (0, 0)
