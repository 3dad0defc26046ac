"""What restrains even root, from recorded sysfs trees."""

from __future__ import annotations

from pathlib import Path

from kernel_sources.security import Security


def test_a_restrained_machine(tmp_path: Path) -> None:
    for name, text in {
        "kernel/security/lockdown": "none integrity [confidentiality]\n",
        "fs/selinux/enforce": "0",
        "module/apparmor/parameters/enabled": "Y\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    found = Security(str(tmp_path))
    assert (found.lockdown(), found.selinux(), found.apparmor()) == ("confidentiality", "permissive", True)


def test_a_free_one(tmp_path: Path) -> None:
    found = Security(str(tmp_path))
    assert (found.lockdown(), found.selinux(), found.apparmor()) == (None, None, False)
