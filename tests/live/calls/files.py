"""Calls about names and files. Directories of the acts: ``below``, ``from``, ``to``, ``place``, ``source``."""

from __future__ import annotations

from calls.descriptions import directory, file, no_path, path, two_paths
from calls.row import NATIVE, Row

FILE = "file"
BELOW = "<d>{dir}/below"
PLACE = {"dev": "{dev}", "ino": "{ino}"}

OPENS = (
    Row(
        "open",
        "open",
        FILE,
        {
            "fd": "<f>{dir}/opened",
            "name": "{dir}/opened",
            "flags": "O_CREAT|O_RDWR|O_CLOEXEC|O_F_CREATED",
            "mode": "0640",
            **PLACE,
        },
        fields={
            **file("{result}", "{dir}/opened"),
            **path("{dir}/opened"),
            "fd.nameraw": "{dir}/opened",
            "fd.ino": "{ino}",
            "fd.dev.major": "{major}",
            "evt.is_open_read": "true",
            "evt.is_open_write": "true",
            "evt.is_open_create": "true",
            "evt.is_open_exec": "false",
        },
    ),
    Row(
        "open_failing",
        "open",
        FILE,
        {"fd": "ENOENT", "name": "{dir}/missing", "flags": "O_TRUNC|O_WRONLY", "mode": "0", "dev": "0", "ino": "0"},
        fields={"fd.num": "-1", "evt.is_open_write": "true", "evt.is_open_read": "false", **no_path()},
    ),
    Row(
        "openat",
        "openat",
        FILE,
        {
            "fd": "<f>{dir}/below/opened",
            "dirfd": BELOW,
            "name": "{dir}/below/opened",
            "flags": "O_EXCL|O_APPEND|O_CREAT|O_WRONLY|O_F_CREATED",
            "mode": "0600",
            **PLACE,
        },
        fields={
            **file("{result}", "{dir}/below/opened"),
            **path("{dir}/below/opened", "opened"),
            "fd.nameraw": "opened",
            "evt.is_open_write": "true",
            "evt.is_open_create": "true",
        },
    ),
    Row(
        "openat2",
        "openat2",
        FILE,
        {
            "fd": "<f>{dir}/present",
            "dirfd": "AT_FDCWD",
            "name": "{dir}/present",
            "flags": "O_NONBLOCK|O_RDONLY",
            "mode": "0",
            "resolve": "RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS",
            **PLACE,
        },
        fields={
            **file("{result}", "{dir}/present"),
            **path("{dir}/present", "present"),
            "evt.is_open_read": "true",
            "evt.is_open_write": "false",
            "evt.is_open_create": "false",
        },
    ),
    Row(
        "creat",
        "creat",
        FILE,
        {"fd": "<f>{dir}/created", "name": "{dir}/created", "mode": "0604", "creat_flags": "0", **PLACE},
        fields={**file("{result}", "{dir}/created"), "evt.is_open_write": "false", "evt.is_open_create": "false"},
    ),
    Row(
        "open_by_handle_at",
        "open_by_handle_at",
        FILE,
        {"fd": "<f>{dir}/present", "mountfd": "<d>{dir}", "flags": "O_RDWR", "path": "{dir}/present", **PLACE},
        fields={**file("{result}", "{dir}/present"), "evt.is_open_write": "true"},
    ),
)

NAMES = (
    Row("mkdir", "mkdir", FILE, {"res": "0", "path": "{dir}/new", "mode": "1E8"}, fields=path("{dir}/new")),
    Row(
        "mkdirat",
        "mkdirat",
        FILE,
        {"res": "0", "dirfd": BELOW, "path": "{dir}/below/new", "mode": "1C0"},
        fields={**path("{dir}/below/new", "new"), **directory("{directory}", "{dir}/below")},
    ),
    Row("rmdir", "rmdir", FILE, {"res": "0", "path": "{dir}/gone"}, fields=path("{dir}/gone")),
    Row("unlink", "unlink", FILE, {"res": "0", "path": "{dir}/gone"}, fields=path("{dir}/gone")),
    # Where the last name of the path is not found, the record has the directory alone.
    Row("unlink_failing", "unlink", FILE, {"res": "ENOENT"}, absent=("path",), fields=no_path()),
    Row(
        "unlinkat",
        "unlinkat",
        FILE,
        {"res": "0", "dirfd": BELOW, "name": "{dir}/below/gone", "flags": "AT_REMOVEDIR"},
        fields={**path("{dir}/below/gone", "gone"), **directory("{directory}", "{dir}/below")},
    ),
    Row(
        "rename",
        "rename",
        FILE,
        {"res": "0", "oldpath": "{dir}/old", "newpath": "{dir}/new"},
        fields=two_paths("{dir}/old", "{dir}/new"),
    ),
    Row(
        "renameat",
        "renameat",
        FILE,
        {
            "res": "0",
            "olddirfd": "<d>{dir}/from",
            "oldpath": "{dir}/from/old",
            "newdirfd": "<d>{dir}/to",
            "newpath": "{dir}/to/new",
        },
        fields=two_paths("{dir}/from/old", "{dir}/to/new", ("old", "new")),
    ),
    Row(
        "renameat2",
        "renameat2",
        FILE,
        {
            "res": "0",
            "olddirfd": "AT_FDCWD",
            "oldpath": "{dir}/old",
            "newdirfd": "AT_FDCWD",
            "newpath": "{dir}/new",
        },
        absent=("flags",),
        fields=two_paths("{dir}/old", "{dir}/new", ("old", "new")),
    ),
    Row(
        "link",
        "link",
        FILE,
        {"res": "0", "oldpath": "{dir}/file", "newpath": "{dir}/other"},
        fields=two_paths("{dir}/other", "{dir}/file"),
    ),
    Row(
        "linkat",
        "linkat",
        FILE,
        {
            "res": "0",
            "olddir": BELOW,
            "oldpath": "{dir}/below/file",
            "newdir": "AT_FDCWD",
            "newpath": "{dir}/other",
        },
        absent=("flags",),
        fields=two_paths("{dir}/other", "{dir}/below/file", ("other", "file")),
    ),
    Row(
        "symlink",
        "symlink",
        FILE,
        {"res": "0", "target": "the/target", "linkpath": "{dir}/link"},
        fields=two_paths("{dir}/link", "{dir}/the/target", ("{dir}/link", "the/target")),
    ),
    Row(
        "symlinkat",
        "symlinkat",
        FILE,
        {"res": "0", "target": "../target", "linkdirfd": BELOW, "linkpath": "{dir}/below/link"},
        fields={
            "fs.path.source": "{dir}/below/link",
            "fs.path.sourceraw": "link",
            "fs.path.targetraw": "../target",
            **directory("{directory}", "{dir}/below"),
        },
    ),
    Row(
        "mknod",
        "mknod",
        "other",
        {"res": "0", "path": "{dir}/null", "mode": "S_IWGRP|S_IWUSR|S_IRUSR|S_IFCHR", "dev": "259"},
    ),
    Row(
        "mknodat",
        "mknodat",
        "other",
        {"res": "0", "dirfd": BELOW, "path": "{dir}/below/fifo", "mode": "S_IWUSR|S_IRUSR|S_IFIFO", "dev": "0"},
        fields=directory("{directory}", "{dir}/below"),
    ),
)

SET_USER_ID = "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID"

ATTRIBUTES = (
    Row(
        "chmod",
        "chmod",
        FILE,
        {"res": "0", "filename": "{dir}/file", "mode": SET_USER_ID},
        fields=path("{dir}/file"),
    ),
    Row(
        "fchmod",
        "fchmod",
        FILE,
        {"res": "0", "fd": "<f>{dir}/file", "mode": "S_IRGRP|S_IWUSR|S_IRUSR"},
        fields={**file("{fd}", "{dir}/file"), "fs.path.name": "{dir}/file"},
    ),
    Row(
        "fchmodat",
        "fchmodat",
        FILE,
        {"res": "0", "dirfd": BELOW, "filename": "{dir}/below/file", "mode": "S_IWUSR|S_IRUSR"},
        fields={**path("{dir}/below/file", "file"), **directory("{directory}", "{dir}/below")},
    ),
    Row("fchmodat2", "fchmodat2", "other", generic=True),
    Row(
        "chown",
        "chown",
        FILE,
        {"res": "0", "path": "{dir}/file", "uid": "12", "gid": "34"},
        fields=path("{dir}/file"),
    ),
    Row(
        "lchown",
        "lchown",
        FILE,
        {"res": "0", "path": "{dir}/link", "uid": "56", "gid": "78"},
        fields=path("{dir}/link"),
    ),
    Row(
        "fchown",
        "fchown",
        FILE,
        {"res": "0", "fd": "<f>{dir}/file", "uid": "4294967295", "gid": "7"},
        fields={**file("{fd}", "{dir}/file"), "fs.path.name": "{dir}/file"},
    ),
    Row(
        "fchownat",
        "fchownat",
        FILE,
        {"res": "0", "dirfd": BELOW, "pathname": "{dir}/below/file", "uid": "5", "gid": "6"},
        absent=("flags",),
        fields={**path("{dir}/below/file", "file"), **directory("{directory}", "{dir}/below")},
    ),
    Row("setxattr", "setxattr", "other", generic=True),
    Row("truncate", "truncate", "other", generic=True),
)

CONTENTS = (
    Row(
        "copy_file_range",
        "copy_file_range",
        FILE,
        {"res": "9", "fdout": "<f>{dir}/to", "fdin": "<f>{dir}/from"},
        absent=("offout", "offin", "len"),
        fields=file("{out}", "{dir}/to"),
    ),
    Row(
        "splice",
        "splice",
        FILE,
        {"res": "9", "fd_in": "<f>{dir}/from", "fd_out": "<p>"},
        absent=("size", "flags"),
        fields=file("{in}", "{dir}/from"),
    ),
    Row(
        "sendfile",
        "sendfile",
        FILE,
        {"res": "5", "out_fd": "<f>{dir}/to", "in_fd": "<f>{dir}/from", "size": "5"},
        absent=("offset",),
        fields=file("{out}", "{dir}/to"),
    ),
)

PLACES = (
    Row(
        "mount",
        "mount",
        FILE,
        {"res": "0", "dir": "{dir}/place", "flags": "NOSUID|NODEV"},
        absent=("dev", "type"),
        fields={"fs.path.target": "{dir}/place", "fs.path.targetraw": "{dir}/place"},
    ),
    Row(
        "mount_bind",
        "mount",
        FILE,
        {"res": "0", "dev": "{dir}/source", "dir": "{dir}/place", "flags": "BIND"},
        absent=("type",),
        fields=two_paths("{dir}/source", "{dir}/place"),
    ),
    Row(
        "umount2",
        "umount2",
        FILE,
        {"res": "0", "name": "{dir}/place", "flags": "DETACH|NOFOLLOW"},
        fields=path("{dir}/place"),
    ),
    Row("umount", "umount", FILE, {"res": "0", "name": "{dir}/place"}, fields=path("{dir}/place"), bits=(32,)),
    Row("fsopen", "fsopen", "other", generic=True),
    Row("open_tree", "open_tree", "other", generic=True),
    Row("move_mount", "move_mount", "other", generic=True),
    Row("pivot_root", "pivot_root", "other", generic=True),
    Row("chdir", "chdir", FILE, {"res": "0", "path": "{dir}/below"}, fields={"proc.cwd": "{dir}/below/"}),
    Row(
        "fchdir",
        "fchdir",
        FILE,
        {"res": "0", "fd": BELOW},
        fields={**directory("{fd}", "{dir}/below"), "proc.cwd": "{dir}/below/"},
    ),
    Row("chroot", "chroot", "process", {"res": "0", "path": "{dir}/jail"}),
    Row(
        "quotactl",
        "quotactl",
        "user",
        {
            "res": "ENOENT",
            "special": "/dev/no-such-device",
            "quota_fmt": "QFMT_NOT_USED",
            "cmd": "Q_GETQUOTA",
            "type": "USRQUOTA",
            "id": "0",
        },
        absent=(
            "quotafilepath",
            "dqb_bhardlimit",
            "dqb_bsoftlimit",
            "dqb_curspace",
            "dqb_ihardlimit",
            "dqb_isoftlimit",
            "dqb_btime",
            "dqb_itime",
            "dqi_bgrace",
            "dqi_igrace",
            "dqi_flags",
            "quota_fmt_out",
        ),
        bits=NATIVE,
    ),
)

ROWS = (*OPENS, *NAMES, *ATTRIBUTES, *CONTENTS, *PLACES)
