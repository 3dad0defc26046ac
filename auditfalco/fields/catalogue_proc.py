"""The fields of processes, threads, users and groups."""

from __future__ import annotations

from auditfalco.fields.field import ArgumentForm, Field
from auditfalco.language.types import Shape


def _ancestor(name: str, value_type: str, what: str, argument: ArgumentForm = ArgumentForm.INDEX) -> Field:
    """Return a field that, without argument, compares every ancestor."""
    return Field(
        name,
        value_type,
        f"{what} of an ancestor: [0] the process itself, [1] its parent and so on; alone in a condition, any above it;"
        " absent where the kernel does not tell for certain who or what it was at the time",
        argument,
        shape=Shape.ANCESTORS,
        transformable=False,
        rhs_ok=False,
    )


_PROGRAM = (
    Field("proc.exe", "CHARBUF", "first word of the command line (argv[0]), which the process chooses"),
    Field("proc.pexe", "CHARBUF", "proc.exe of the parent"),
    _ancestor("proc.aexe", "CHARBUF", "proc.exe"),
    Field("proc.exepath", "CHARBUF", "path of the program that runs, links resolved"),
    Field("proc.pexepath", "CHARBUF", "proc.exepath of the parent"),
    _ancestor("proc.aexepath", "CHARBUF", "proc.exepath"),
    Field("proc.name", "CHARBUF", "the kernel's name of the process, at most 15 bytes"),
    Field("proc.pname", "CHARBUF", "proc.name of the parent"),
    _ancestor("proc.aname", "CHARBUF", "proc.name"),
    Field(
        "proc.args",
        "CHARBUF",
        "the arguments, joined by blanks, without the command; [0] is the first; empty without any",
        ArgumentForm.INDEX,
    ),
    Field(
        "proc.aargs",
        "CHARBUF",
        "proc.args of an ancestor: [0] the process itself, [1] its parent; alone, those of all joined",
        ArgumentForm.INDEX,
    ),
    Field("proc.cmdline", "CHARBUF", "proc.name and the arguments"),
    Field("proc.pcmdline", "CHARBUF", "proc.cmdline of the parent"),
    _ancestor("proc.acmdline", "CHARBUF", "proc.cmdline"),
    Field("proc.cmdnargs", "UINT64", "number of arguments"),
    Field("proc.cmdlenargs", "UINT64", "characters of all arguments together"),
    Field("proc.exeline", "CHARBUF", "proc.exe, a blank and the arguments"),
    Field(
        "proc.env",
        "CHARBUF",
        "the environment that the program was started with as NAME=value, joined by blanks; [NAME] one value, empty if"
        " not set; absent when it was too late to read it, and in a replay",
        ArgumentForm.KEY,
    ),
    _ancestor("proc.aenv", "CHARBUF", "proc.env, or with [NAME] the value nearest above,", ArgumentForm.INDEX_OR_KEY),
    Field("proc.cwd", "CHARBUF", "current directory, with a slash at the end"),
)

_EXECUTABLE = (
    Field("proc.is_exe_writable", "BOOL", "whether the user that started the program may write to its file"),
    Field(
        "proc.is_exe_upper_layer",
        "BOOL",
        "whether the program's file is in the upper layer of an overlay: not part of a container's image",
    ),
    Field("proc.is_exe_lower_layer", "BOOL", "whether the program's file is in the lower layer of an overlay"),
    Field("proc.is_exe_from_memfd", "BOOL", "whether the program never was a file: memfd_create"),
    Field("proc.exe_ino", "INT64", "inode of the program's file"),
    Field("proc.exe_ino.ctime", "ABSTIME", "change time of the program's inode, nanoseconds since the epoch"),
    Field("proc.exe_ino.mtime", "ABSTIME", "modification time of the program's file, nanoseconds since the epoch"),
    Field(
        "proc.exe_ino.ctime_duration_proc_start",
        "ABSTIME",
        "nanoseconds from the change of the program's inode to the start of the process",
    ),
    Field(
        "proc.exe_ino.ctime_duration_pidns_start",
        "ABSTIME",
        "nanoseconds from the start of the pid namespace to the change of the program's inode",
    ),
)

_NUMBERS = (
    Field("proc.pid", "INT64", "process id"),
    Field("proc.ppid", "INT64", "process id of the parent"),
    _ancestor("proc.apid", "INT64", "proc.pid"),
    Field("proc.vpid", "INT64", "process id inside the pid namespace of the process"),
    Field("proc.pvpid", "INT64", "process id of the parent inside its pid namespace"),
    Field("proc.sid", "INT64", "session id inside the pid namespace of the process, 0 if the session began outside"),
    Field("proc.sname", "CHARBUF", "proc.name of the session's leader; empty if that is not known"),
    Field("proc.sid.exe", "CHARBUF", "proc.exe of the session's leader"),
    Field("proc.sid.exepath", "CHARBUF", "proc.exepath of the session's leader"),
    Field("proc.pgid", "INT64", "process group id"),
    Field("proc.pgid.name", "CHARBUF", "proc.name of the process group's leader"),
    Field("proc.pgid.exe", "CHARBUF", "proc.exe of the process group's leader"),
    Field("proc.pgid.exepath", "CHARBUF", "proc.exepath of the process group's leader"),
    Field("proc.vpgid", "INT64", "process group id inside the pid namespace"),
    Field("proc.vpgid.name", "CHARBUF", "proc.name of the leader of proc.vpgid"),
    Field("proc.vpgid.exe", "CHARBUF", "proc.exe of the leader of proc.vpgid"),
    Field("proc.vpgid.exepath", "CHARBUF", "proc.exepath of the leader of proc.vpgid"),
    Field("proc.is_sid_leader", "BOOL", "whether the process leads its session"),
    Field("proc.is_pgid_leader", "BOOL", "whether the process leads its process group"),
    Field(
        "proc.is_vpgid_leader",
        "BOOL",
        "whether the process leads its process group, numbers taken inside the pid namespace",
    ),
    Field(
        "proc.loginshellid", "INT64", "process id of the oldest ancestor whose name ends in sh, the process included"
    ),
    Field("proc.tty", "UINT32", "number of the controlling terminal, 0 without one"),
)

_TIMES = (
    Field("proc.duration", "RELTIME", "nanoseconds since the process started"),
    Field("proc.ppid.duration", "RELTIME", "nanoseconds since the parent started"),
    Field("proc.pid.ts", "RELTIME", "start of the process, nanoseconds since the epoch"),
    Field("proc.ppid.ts", "RELTIME", "start of the parent, nanoseconds since the epoch"),
    Field("proc.pidns_init_start_ts", "UINT64", "start of the pid namespace, nanoseconds since the epoch"),
)

_RESOURCES = (
    *(
        Field(name, value_type, f"{what}, read when a rule asks; absent when the process has ended, and in a replay")
        for name, value_type, what in (
            ("proc.fdopencount", "UINT64", "number of open descriptors"),
            ("proc.fdlimit", "INT64", "how many descriptors the process may have open, -1 without a limit"),
            ("proc.fdusage", "DOUBLE", "open descriptors in percent of proc.fdlimit"),
            ("proc.vmsize", "UINT64", "virtual memory in kilobytes"),
            ("proc.vmrss", "UINT64", "resident memory in kilobytes"),
            ("proc.vmswap", "UINT64", "swapped memory in kilobytes"),
            ("proc.nthreads", "UINT64", "number of threads"),
            ("proc.nchilds", "UINT64", "number of threads other than the first"),
        )
    ),
    *(
        Field(
            f"proc.{stream}.{part}",
            "CHARBUF",
            f"{what} of descriptor {number} of the process; absent if that is not known",
        )
        for part, what in (("type", "fd.type"), ("name", "fd.name"))
        for number, stream in enumerate(("stdin", "stdout", "stderr"))
    ),
)

_THREAD = (
    Field("thread.tid", "INT64", "the process's id: audit records do not tell its threads apart"),
    Field("thread.vtid", "INT64", "proc.vpid: audit records do not tell threads apart"),
    Field("thread.ismain", "BOOL", "true for a process with one thread, read when a rule asks; else absent"),
    Field("thread.nametid", "CHARBUF", "proc.name and thread.tid in one word", listed=False),
    Field("thread.cap_permitted", "CHARBUF", "permitted capabilities, names joined by blanks"),
    Field("thread.cap_inheritable", "CHARBUF", "inheritable capabilities, names joined by blanks"),
    Field("thread.cap_effective", "CHARBUF", "effective capabilities, names joined by blanks"),
    Field(
        "thread.cgroups",
        "CHARBUF",
        "control groups as controller=path, joined by blanks; absent when the process has ended",
    ),
    Field(
        "thread.cgroup",
        "CHARBUF",
        "path of one controller's control group",
        ArgumentForm.DOTTED_KEY,
        argument_required=True,
    ),
    Field("thread.pfmajor", "UINT64", "page faults that had to read from disk"),
    Field("thread.pfminor", "UINT64", "page faults that did not"),
    Field("thread.exectime", "RELTIME", "always absent: audit does not record the scheduler"),
    Field("thread.totexectime", "RELTIME", "always absent: audit does not record the scheduler"),
    Field("thread.cpu", "DOUBLE", "always absent: Falco has it on events of the scheduler alone"),
    Field("thread.cpu.user", "DOUBLE", "always absent, as thread.cpu"),
    Field("thread.cpu.system", "DOUBLE", "always absent, as thread.cpu"),
    Field("thread.vmsize", "UINT64", "proc.vmsize"),
    Field("thread.vmrss", "UINT64", "proc.vmrss"),
    Field("thread.vmsize.b", "UINT64", "thread.vmsize in bytes", listed=False),
    Field("thread.vmrss.b", "UINT64", "thread.vmrss in bytes", listed=False),
)

_USERS = (
    Field("user.uid", "UINT32", "effective user id"),
    Field(
        "user.name",
        "CHARBUF",
        "name of user.uid in /etc/passwd of the container, or of the host; the text <NA> if it has none there, as "
        "users of LDAP, systemd-userdb and the like",
    ),
    Field("user.homedir", "CHARBUF", "home directory of user.uid; the text <NA> if it has none"),
    Field("user.shell", "CHARBUF", "login shell of user.uid; the text <NA> if it has none"),
    Field("user.loginuid", "INT64", "user id of the login that the process comes from; -1 without one"),
    Field(
        "user.loginname",
        "CHARBUF",
        "name of user.loginuid in /etc/passwd of the host; the text <NA> if it has none there",
    ),
    Field("group.gid", "UINT32", "effective group id"),
    Field(
        "group.name",
        "CHARBUF",
        "name of group.gid in /etc/group of the container, or of the host; the text <NA> if it has none there",
    ),
)

FIELDS: tuple[Field, ...] = (*_PROGRAM, *_EXECUTABLE, *_NUMBERS, *_TIMES, *_RESOURCES, *_THREAD, *_USERS)
