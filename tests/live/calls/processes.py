"""Calls about processes, what they run, and what they may do."""

from __future__ import annotations

from calls.descriptions import MEASURES
from calls.row import BOTH, NATIVE, Row

PROCESS = "process"
USER = "user"
OTHER = "other"


def clone(act: str, flags: str | None, bits: tuple[int, ...] = BOTH) -> Row:
    """A row of the fork family; None for flags that lie behind a pointer."""
    told = {
        "res": "calls",
        "exe": "{program}",
        "args": f"{act}.{{dir}}.",
        "tid": "calls",
        "pid": "calls",
        "ptid": "sh",
        "cwd": "{dir}",
        "fdlimit": "{fdlimit}",
        "comm": "calls",
        "uid": "0",
        "gid": "0",
        "vtid": "calls",
        "vpid": "calls",
    }
    if flags is not None:
        told["flags"] = flags
    absent = ("pidns_init_start_ts",) if flags is not None else ("pidns_init_start_ts", "flags")
    return Row(act, act, PROCESS, told, absent, MEASURES, bits=bits)


def image(name: str, argv0: str, args: str) -> dict[str, str]:
    """What an execution tells of the process: its name, and its arguments with what ends each of them as a dot."""
    return {
        "exe": argv0,
        "args": args,
        "tid": name,
        "pid": name,
        "ptid": "sh",
        "cwd": "{dir}",
        "fdlimit": "{fdlimit}",
        "comm": name,
        "tty": "0",
        "vpgid": "sh",
        "pgid": "sh",
        "loginuid": "<NA>",
        "flags": "EXE_WRITABLE",
        "cap_inheritable": "0",
        "cap_permitted": "{capabilities}",
        "cap_effective": "{capabilities}",
        "exe_ino": "{exe_ino}",
        "exe_ino_ctime": "{exe_ctime}",
        "exe_ino_mtime": "{exe_mtime}",
        "uid": "root",
        "gid": "root",
        "trusted_exepath": "{program}",
    }


EXECUTED = {"res": "0", "env": "NOTE=text.", **image("program", "calls", "done.an argument.")}
AFTER = {
    "proc.name": "program",
    "proc.exe": "calls",
    "proc.args": "done an argument",
    "proc.cmdline": "program done an argument",
}

PROGRAMS = (
    Row(
        "execve",
        "execve",
        PROCESS,
        {**EXECUTED, "filename": "{dir}/program"},
        measured=MEASURES,
        fields={**AFTER, "proc.is_exe_writable": "true"},
        result="0",
    ),
    Row("execveat", "execveat", PROCESS, EXECUTED, measured=MEASURES, fields=AFTER, result="0"),
    Row(
        "execve_failing",
        "execve",
        PROCESS,
        {
            "res": "ENOENT",
            "filename": "{dir}/missing",
            **image("calls", "{program}", "execve_failing.{dir}."),
        },
        measured={**MEASURES, "env": r"(?:.*\.)?NOTE=of the shell\..*"},
    ),
    clone("fork", "0"),
    clone("vfork", "0"),
    clone("clone", "CLONE_FILES|CLONE_FS"),
    clone("clone3", None),
)

SIGNALS = (
    Row("kill", "kill", "signal", {"res": "0", "pid": "calls", "sig": "SIGTERM"}),
    Row("kill_nobody", "kill", "signal", {"res": "ESRCH", "pid": "1073741823", "sig": "SIGHUP"}),
    Row("tgkill", "tgkill", "signal", {"res": "0", "pid": "calls", "tid": "calls", "sig": "SIGKILL"}),
    Row(
        "ptrace",
        "ptrace",
        PROCESS,
        {"res": "0", "request": "PTRACE_ATTACH", "pid": "calls", "addr": "0", "data": "0"},
    ),
    Row("process_vm_readv", "process_vm_readv", "IPC", {"res": "16", "pid": "calls"}, absent=("data",)),
    Row("process_vm_writev", "process_vm_writev", "IPC", {"res": "16", "pid": "calls"}, absent=("data",)),
)

PLACES = (
    Row("prctl", "prctl", PROCESS, {"res": "0", "option": "PR_SET_CHILD_SUBREAPER", "arg2_int": "1"}, ("arg2_str",)),
    Row(
        "prctl_name",
        "prctl",
        PROCESS,
        {"res": "0", "option": "PR_SET_NAME", "arg2_str": "renamed", "arg2_int": "0"},
        fields={"proc.name": "renamed", "proc.cmdline": "renamed prctl_name {dir}"},
    ),
    Row(
        "setns",
        "setns",
        PROCESS,
        {"res": "0", "fd": "<f>/proc/self/ns/uts", "nstype": "CLONE_NEWUTS"},
        fields={"fd.num": "{fd}"},
    ),
    Row("unshare", "unshare", PROCESS, {"res": "0", "flags": "CLONE_NEWIPC|CLONE_NEWUTS"}),
    Row("setsid", "setsid", PROCESS, {"res": "calls"}),
    Row("setpgid", "setpgid", PROCESS, {"res": "0", "pid": "0", "pgid": "calls"}),
    Row("personality", "personality", OTHER, generic=True),
    Row("seccomp", "seccomp", OTHER, {"res": "0", "op": "2", "flags": "0"}),
    Row(
        "capset",
        "capset",
        PROCESS,
        {"res": "0", "cap_inheritable": "1", "cap_permitted": "21", "cap_effective": "20"},
        fields={"thread.cap_effective": "CAP_KILL", "thread.cap_permitted": "CAP_CHOWN CAP_KILL"},
    ),
)

USERS = (
    Row("setuid", "setuid", USER, {"res": "0", "uid": "daemon"}, fields={"user.uid": "1", "user.name": "daemon"}),
    Row("setgid", "setgid", USER, {"res": "0", "gid": "daemon"}, fields={"group.gid": "1", "group.name": "daemon"}),
    Row("setreuid", "setreuid", USER, {"res": "0", "ruid": "<NA>", "euid": "<NA>"}, fields={"user.uid": "4242"}),
    Row("setregid", "setregid", USER, {"res": "0", "rgid": "daemon", "egid": "bin"}, fields={"group.gid": "2"}),
    Row(
        "setresuid",
        "setresuid",
        USER,
        {"res": "0", "ruid": "root", "euid": "daemon", "suid": "bin"},
        fields={"user.uid": "1"},
    ),
    Row(
        "setresgid",
        "setresgid",
        USER,
        {"res": "0", "rgid": "<NA>", "egid": "daemon", "sgid": "<NA>"},
        fields={"group.gid": "1"},
    ),
)

MODULES = (
    Row("init_module", "init_module", OTHER, {"res": "{error_name}", "length": "9"}, absent=("img", "uargs")),
    Row(
        "finit_module",
        "finit_module",
        OTHER,
        {"res": "{error_name}", "fd": "<f>{dir}/module.ko", "flags": "MODULE_INIT_IGNORE_MODVERSIONS"},
        absent=("uargs",),
        fields={"fd.num": "{fd}", "fd.name": "{dir}/module.ko"},
    ),
    Row(
        "delete_module",
        "delete_module",
        OTHER,
        {"res": "{error_name}", "flags": "O_NONBLOCK|O_TRUNC"},
        absent=("name",),
    ),
    Row("kexec_load", "kexec_load", OTHER, generic=True, bits=NATIVE),
)

ROWS = (*PROGRAMS, *SIGNALS, *PLACES, *USERS, *MODULES)
