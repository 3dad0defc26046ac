"""Mounts, the new calls that mount step by step, and quotas."""

from __future__ import annotations

from typing import Any

import pytest

I386 = "40000003"
MOUNT, UMOUNT2, QUOTACTL, FSCONFIG = 165, 166, 179, 431


class TestMounts:
    @pytest.mark.parametrize(("number", "arch"), [(MOUNT, "c000003e"), (21, I386)])
    def test_what_is_no_path_is_not_recorded(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "55d8", "55e0", "6"), ("mnt", "NORMAL"), arch=arch)
        assert (event.type, texts(event)) == ("mount", {"res": "0", "dir": "/tmp/mnt", "flags": "NOSUID|NODEV"})

    def test_a_directory_on_another(self, told: Any, texts: Any) -> None:
        event = told(MOUNT, ("55d0", "55d8", "0", "1000"), ("other", "NORMAL"), ("sub", "NORMAL"))
        # Falco takes the device for a text.
        assert texts(event) == {"res": "0", "dev": "sub", "dir": "/tmp/other", "flags": "BIND"}

    def test_a_device_that_is_not_there(self, told: Any, texts: Any) -> None:
        event = told(MOUNT, ("55d0", "55d8", "0", "0"), ("mnt", "NORMAL"), ("/dev/nope", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT", "dev": "/dev/nope", "dir": "/tmp/mnt", "flags": "0"}

    def test_a_directory_that_is_not_there(self, told: Any, texts: Any) -> None:
        event = told(MOUNT, ("55d0", "55d8", "0", "1000"), ("nope", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT", "dir": "/tmp/nope", "flags": "BIND"}

    def test_the_mark_that_old_programs_set(self, told: Any, texts: Any) -> None:
        event = told(MOUNT, ("55d0", "55d8", "0", "c0ed0021"), ("mnt", "NORMAL"))
        assert (texts(event)["flags"], event.arguments["flags"].value) == ("RDONLY|REMOUNT", 33)

    @pytest.mark.parametrize(("number", "arch"), [(UMOUNT2, "c000003e"), (52, I386)])
    def test_umount2(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "a"), ("mnt", "NORMAL"), arch=arch)
        assert (event.type, texts(event)) == ("umount2", {"res": "0", "name": "/tmp/mnt", "flags": "DETACH|NOFOLLOW"})

    def test_umount(self, told: Any, texts: Any) -> None:
        event = told(22, ("55d0", "bad"), ("mnt", "NORMAL"), arch=I386)
        assert (event.type, texts(event)) == ("umount", {"res": "0", "name": "/tmp/mnt"})

    def test_a_file_system_configured(self, told: Any, texts: Any) -> None:
        event = told(FSCONFIG, ("11", "6", "0", "0"), cwd=None)
        assert (event.fd_number, texts(event)) == (17, {"res": "0", "fd": "17", "cmd": "FSCONFIG_CMD_CREATE"})


class TestQuotas:
    def test_of_a_user(self, told: Any, texts: Any) -> None:
        event = told(QUOTACTL, ("80000700", "55d0", "3e8", "55d8"), ("/dev/sda1", "UNKNOWN"), ("/dev/sda1", "NORMAL"))
        assert texts(event) == {
            "res": "0",
            "special": "/dev/sda1",
            "cmd": "Q_GETQUOTA",
            "type": "USRQUOTA",
            "id": "1000",
            "quota_fmt": "QFMT_NOT_USED",
        }

    def test_turned_on_from_a_file(self, told: Any, texts: Any) -> None:
        paths = [("/quota.group", "NORMAL"), ("/dev/sda1", "UNKNOWN"), ("/dev/sda1", "NORMAL")]
        event = told(QUOTACTL, ("80000201", "55d0", "4", "55d8"), *paths)
        assert texts(event) == {
            "res": "0",
            "special": "/dev/sda1",
            "quotafilepath": "/quota.group",
            "cmd": "Q_QUOTAON",
            "type": "GRPQUOTA",
            "id": "0",
            "quota_fmt": "QFMT_VFS_V1",
        }

    def test_a_command_without_a_name(self, told: Any, texts: Any) -> None:
        event = told(QUOTACTL, ("12345678", "55d0", "0", "0"), exit=-22, cwd=None)
        assert (texts(event)["cmd"], texts(event)["type"]) == ("0", "0")
