"""Names made, changed and removed: directories, device files, links, renames; records as Linux 6.18 writes them."""

from __future__ import annotations

from typing import Any

import pytest

HERE = "ffffff9c"
I386 = "40000003"
MKDIR, RMDIR, UNLINK, LINK, SYMLINK, MKNOD, RENAME = 83, 84, 87, 86, 88, 133, 82
MKDIRAT, MKNODAT, UNLINKAT, RENAMEAT, LINKAT, SYMLINKAT, RENAMEAT2 = 258, 259, 263, 264, 265, 266, 316
PARENT = ("/tmp", "PARENT", 1)
TWO_PARENTS = (PARENT, PARENT)


class TestOneName:
    @pytest.mark.parametrize(("number", "arch"), [(MKDIR, "c000003e"), (39, I386)])
    def test_a_directory(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "1ed"), PARENT, ("new", "CREATE"), arch=arch)
        assert (event.type, texts(event)) == ("mkdir", {"res": "0", "path": "/tmp/new", "mode": "1ED"})
        assert (event.arguments["path"].value, event.arguments["mode"].value) == ("new", 0o755)
        assert (event.fd_number, event.descriptor) == (None, None)

    def test_a_directory_that_was_there_is_not_named_by_the_kernel(self, told: Any, texts: Any) -> None:
        assert texts(told(MKDIR, ("55d0", "1ed"), PARENT, exit=-17)) == {"res": "EEXIST", "mode": "1ED"}

    def test_a_name_that_led_nowhere(self, told: Any, texts: Any) -> None:
        event = told(MKDIR, ("55d0", "1ed"), ("no/dir", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT", "path": "/tmp/no/dir", "mode": "1ED"}

    def test_a_directory_below_another(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(3, "/srv")
        event = told(MKDIRAT, ("3", "55d0", "1c9"), PARENT, ("../a//b/", "CREATE"))
        assert texts(event) == {"res": "0", "dirfd": "<f>/srv", "path": "/a/b", "mode": "1C9"}
        assert (event.fd_number, event.descriptor.name) == (3, "/srv")

    def test_a_directory_below_an_unknown_one(self, told: Any, texts: Any) -> None:
        event = told(MKDIRAT, ("3", "55d0", "1c9"), PARENT, ("inside", "CREATE"))
        assert texts(event) == {"res": "0", "dirfd": "3", "path": "inside", "mode": "1C9"}
        assert (event.fd_number, event.descriptor) == (3, None)

    @pytest.mark.parametrize("register", [HERE, "ffffffffffffff9c"])
    def test_a_directory_below_the_working_directory(self, told: Any, texts: Any, register: str) -> None:
        event = told(MKDIRAT, (register, "55d0", "1c9"), PARENT, ("x", "CREATE"))
        assert (texts(event)["dirfd"], texts(event)["path"], event.fd_number) == ("AT_FDCWD", "/tmp/x", -100)

    @pytest.mark.parametrize(
        ("number", "arch", "name"), [(RMDIR, "c000003e", "rmdir"), (UNLINK, "c000003e", "unlink"), (10, I386, "unlink")]
    )
    def test_a_name_removed(self, told: Any, texts: Any, number: int, arch: str, name: str) -> None:
        event = told(number, ("55d0",), PARENT, ("./gone", "DELETE"), arch=arch)
        assert (event.type, texts(event)) == (name, {"res": "0", "path": "/tmp/gone"})

    @pytest.mark.parametrize(("register", "flags"), [("200", "AT_REMOVEDIR"), ("0", "0")])
    def test_a_name_removed_from_a_directory(self, told: Any, texts: Any, register: str, flags: str) -> None:
        event = told(UNLINKAT, (HERE, "55d0", register), PARENT, ("/etc/x", "DELETE"))
        assert texts(event) == {"res": "0", "dirfd": "AT_FDCWD", "name": "/etc/x", "flags": flags}

    def test_a_directory_that_unlink_refuses_is_named_all_the_same(self, told: Any, texts: Any) -> None:
        event = told(UNLINK, ("55d0",), PARENT, ("sub", "DELETE"), exit=-21)
        assert texts(event) == {"res": "EISDIR", "path": "/tmp/sub"}

    @pytest.mark.parametrize(("number", "arch"), [(MKNOD, "c000003e"), (14, I386)])
    def test_a_device_file(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "21b6", "103"), PARENT, ("null", "CREATE"), arch=arch)
        permissions = "S_IWOTH|S_IROTH|S_IWGRP|S_IRGRP|S_IWUSR|S_IRUSR"
        assert texts(event) == {"res": "0", "path": "/tmp/null", "mode": f"{permissions}|S_IFCHR", "dev": "259"}
        assert (event.arguments["mode"].plain, event.arguments["mode"].value) == ("020666", 0o20666)

    def test_a_pipe_below_a_directory(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(3, "/srv")
        event = told(MKNODAT, ("3", "55d0", "1180", "0"), PARENT, ("pipe", "CREATE"))
        assert texts(event)["path"] == "/srv/pipe"
        assert texts(event)["mode"] == "S_IWUSR|S_IRUSR|S_IFIFO"


class TestRenames:
    def test_a_rename(self, told: Any, texts: Any) -> None:
        event = told(RENAME, ("55d0", "55d8"), *TWO_PARENTS, ("a", "DELETE"), ("/tmp/b", "CREATE"))
        assert texts(event) == {"res": "0", "oldpath": "/tmp/a", "newpath": "/tmp/b"}
        assert (event.arguments["oldpath"].value, event.fd_number) == ("a", None)

    def test_a_rename_over_a_file(self, told: Any, texts: Any) -> None:
        event = told(RENAME, ("55d0", "55d8"), *TWO_PARENTS, ("a", "DELETE"), ("b", "DELETE"), ("b", "CREATE"))
        assert (texts(event)["oldpath"], texts(event)["newpath"]) == ("/tmp/a", "/tmp/b")

    def test_an_exchange(self, told: Any, texts: Any) -> None:
        names = [("a", "DELETE", 5), ("b", "DELETE", 6), ("b", "CREATE", 5), ("a", "CREATE", 6)]
        event = told(RENAMEAT2, (HERE, "55d0", HERE, "55d8"), *TWO_PARENTS, *names)
        assert texts(event) == {
            "res": "0",
            "olddirfd": "AT_FDCWD",
            "oldpath": "/tmp/a",
            "newdirfd": "AT_FDCWD",
            "newpath": "/tmp/b",
        }

    def test_each_name_counts_from_its_own_directory(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(5, "/etc")
        event = told(RENAMEAT, (HERE, "55d0", "5", "55d8"), *TWO_PARENTS, ("a", "DELETE"), ("shadow", "CREATE"))
        shown = texts(event)
        assert (shown["oldpath"], shown["newpath"], shown["newdirfd"]) == ("/tmp/a", "/etc/shadow", "<f>/etc")

    def test_a_file_replaced_in_another_directory(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(4, "/home")
        open_as(5, "/etc")
        names = [("a", "DELETE"), ("shadow", "DELETE"), ("shadow", "CREATE")]
        shown = texts(told(RENAMEAT2, ("4", "55d0", "5", "55d8"), *TWO_PARENTS, *names))
        assert (shown["oldpath"], shown["newpath"]) == ("/home/a", "/etc/shadow")

    def test_an_unknown_directory_leaves_the_name_as_it_was_spelled(self, told: Any, texts: Any) -> None:
        event = told(RENAMEAT, (HERE, "55d0", "5", "55d8"), *TWO_PARENTS, ("a", "DELETE"), ("shadow", "CREATE"))
        assert texts(event)["newpath"] == "shadow"

    def test_of_two_names_that_were_not_found_either_may_be_the_old_one(self, told: Any, texts: Any) -> None:
        event = told(RENAME, ("55d0", "55d8"), ("/no/b", "UNKNOWN"), ("/no/a", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT"}

    def test_where_a_directory_was_found_it_is_the_new_name_that_was_not(self, told: Any, texts: Any) -> None:
        event = told(RENAME, ("55d0", "55d8"), ("no/f", "UNKNOWN"), ("abc/", "PARENT"), exit=-2)
        assert texts(event) == {"res": "ENOENT", "newpath": "/tmp/no/f"}

    def test_an_old_kernel_stops_at_the_old_name(self, told: Any, texts: Any) -> None:
        event = told(RENAME, ("55d0", "55d8"), ("no/a", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT", "oldpath": "/tmp/no/a"}

    def test_a_refused_rename_over_a_file(self, told: Any, texts: Any) -> None:
        event = told(RENAME, ("55d0", "55d8"), *TWO_PARENTS, ("sub", "DELETE"), ("b", "DELETE"), exit=-20)
        assert texts(event) == {"res": "ENOTDIR", "oldpath": "/tmp/sub", "newpath": "/tmp/b"}

    def test_a_rename_of_which_only_the_directories_were_recorded(self, told: Any, texts: Any) -> None:
        assert texts(told(RENAME, ("55d0", "55d8"), *TWO_PARENTS, exit=-2)) == {"res": "ENOENT"}

    def test_the_calls_of_32_bits(self, told: Any, texts: Any) -> None:
        event = told(38, ("80ba0c6", "80ba0c8"), *TWO_PARENTS, ("a", "DELETE"), ("b", "CREATE"), arch=I386)
        assert (event.type, texts(event)["newpath"]) == ("rename", "/tmp/b")
        event = told(353, (HERE, "1", HERE, "2"), *TWO_PARENTS, ("a", "DELETE"), ("b", "CREATE"), arch=I386)
        assert (event.type, texts(event)["newdirfd"], texts(event)["newpath"]) == ("renameat2", "AT_FDCWD", "/tmp/b")


class TestLinks:
    @pytest.mark.parametrize(("number", "arch"), [(LINK, "c000003e"), (9, I386)])
    def test_a_link(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "55d8"), PARENT, ("/etc/shadow", "NORMAL"), ("l", "CREATE"), arch=arch)
        assert (event.type, texts(event)) == ("link", {"res": "0", "oldpath": "/etc/shadow", "newpath": "/tmp/l"})

    def test_a_link_between_directories(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(4, "/etc")
        open_as(5, "/srv")
        event = told(LINKAT, ("4", "55d0", "5", "55d8"), PARENT, ("shadow", "NORMAL"), ("l", "CREATE"))
        assert texts(event) == {
            "res": "0",
            "olddir": "<f>/etc",
            "oldpath": "/etc/shadow",
            "newdir": "<f>/srv",
            "newpath": "/srv/l",
        }
        assert event.fd_number is None  # no descriptor is the event's own

    def test_a_link_to_a_descriptor(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(4, "/etc/shadow")
        event = told(LINKAT, ("4", "55d0", HERE, "55d8"), PARENT, ("", "NORMAL"), ("l", "CREATE"))
        assert (texts(event)["oldpath"], event.arguments["oldpath"].value) == ("/etc/shadow", "")

    def test_a_link_whose_name_was_taken(self, told: Any, texts: Any) -> None:
        event = told(LINK, ("55d0", "55d8"), PARENT, ("rep", "NORMAL"), exit=-17)
        assert texts(event) == {"res": "EEXIST", "oldpath": "/tmp/rep"}

    def test_a_link_to_be_made_nowhere(self, told: Any, texts: Any) -> None:
        event = told(LINK, ("55d0", "55d8"), ("no/l", "UNKNOWN"), ("rep", "NORMAL"), exit=-2)
        assert texts(event) == {"res": "ENOENT", "oldpath": "/tmp/rep", "newpath": "/tmp/no/l"}

    def test_of_two_names_that_were_not_found_either_may_be_the_old_one(self, told: Any, texts: Any) -> None:
        event = told(LINK, ("55d0", "55d8"), ("l2", "UNKNOWN"), ("nope", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT"}


class TestSymbolicLinks:
    @pytest.mark.parametrize(("number", "arch"), [(SYMLINK, "c000003e"), (83, I386)])
    def test_a_link_and_its_text(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "55d8"), PARENT, ("../etc/shadow", "UNKNOWN"), ("s", "CREATE"), arch=arch)
        assert (event.type, texts(event)) == (
            "symlink",
            {"res": "0", "target": "../etc/shadow", "linkpath": "/tmp/s"},
        )

    def test_a_link_below_a_directory(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(3, "/srv")
        event = told(SYMLINKAT, ("55d0", "3", "55d8"), PARENT, ("/etc/shadow", "UNKNOWN"), ("s", "CREATE"))
        assert texts(event) == {"res": "0", "target": "/etc/shadow", "linkdirfd": "<f>/srv", "linkpath": "/srv/s"}
        assert (event.fd_number, event.descriptor.name) == (3, "/srv")

    def test_a_text_that_the_kernel_takes_for_the_name(self, told: Any, texts: Any) -> None:
        event = told(SYMLINK, ("55d0", "55d8"), ("/srv/.sshd/", "PARENT", 1), ("/tmp/abcde/authorized_keys", "CREATE"))
        assert texts(event) == {
            "res": "0",
            "target": "/tmp/abcde/authorized_keys",
            "linkpath": "/srv/.sshd/authorized_keys",
        }

    def test_a_short_text_that_the_kernel_takes_for_the_name(self, told: Any, texts: Any) -> None:
        event = told(SYMLINK, ("55d0", "55d8"), ("sub/", "PARENT", 1), ("abc/x", "CREATE"))
        assert texts(event) == {"res": "0", "target": "abc/x", "linkpath": "/tmp/sub/x"}

    def test_a_link_to_its_own_name(self, told: Any, texts: Any) -> None:
        event = told(SYMLINK, ("55d0", "55d0"), PARENT, ("foo", "CREATE"))
        assert texts(event) == {"res": "0", "target": "foo", "linkpath": "/tmp/foo"}

    def test_a_record_that_was_lost_leaves_both_unknown(self, machine: Any, records: Any, texts: Any) -> None:
        event = machine.event(
            records.syscall(SYMLINK, ("55d0", "55d8", "0", "0")),
            records.cwd("/tmp"),
            records.path(0, "sub/", nametype="PARENT", inode=1),
            records.path(2, "sub/x", nametype="CREATE", inode=2),
        )
        assert texts(event) == {"res": "0"}

    def test_a_link_whose_name_was_taken(self, told: Any, texts: Any) -> None:
        event = told(SYMLINK, ("55d0", "55d8"), PARENT, ("rel/target", "UNKNOWN"), exit=-17)
        assert texts(event) == {"res": "EEXIST", "target": "rel/target"}

    def test_a_link_to_be_made_nowhere(self, told: Any, texts: Any) -> None:
        event = told(SYMLINK, ("55d0", "55d8"), ("no/s", "UNKNOWN"), ("rel/target", "UNKNOWN"), exit=-2)
        assert texts(event) == {"res": "ENOENT"}
