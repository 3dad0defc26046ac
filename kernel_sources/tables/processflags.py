"""Numbers in the calls that make, part and trace processes: CLONE_*, PTRACE_*, RLIMIT_*.

Source: include/uapi/linux/sched.h, include/uapi/linux/ptrace.h, include/uapi/asm-generic/resource.h, and
arch/{x86,arm64}/include/uapi/asm/ptrace*.h (Linux 6.18).
"""

from __future__ import annotations

CLONE_SIGNAL = 0xFF
"""The bits of clone()'s flags that are the signal its parent is told with."""

CLONE_FLAGS = {
    "CLONE_VM": 0x00000100,
    "CLONE_FS": 0x00000200,
    "CLONE_FILES": 0x00000400,
    "CLONE_SIGHAND": 0x00000800,
    "CLONE_PIDFD": 0x00001000,
    "CLONE_PTRACE": 0x00002000,
    "CLONE_VFORK": 0x00004000,
    "CLONE_PARENT": 0x00008000,
    "CLONE_THREAD": 0x00010000,
    "CLONE_NEWNS": 0x00020000,
    "CLONE_SYSVSEM": 0x00040000,
    "CLONE_SETTLS": 0x00080000,
    "CLONE_PARENT_SETTID": 0x00100000,
    "CLONE_CHILD_CLEARTID": 0x00200000,
    "CLONE_UNTRACED": 0x00800000,
    "CLONE_CHILD_SETTID": 0x01000000,
    "CLONE_NEWCGROUP": 0x02000000,
    "CLONE_NEWUTS": 0x04000000,
    "CLONE_NEWIPC": 0x08000000,
    "CLONE_NEWUSER": 0x10000000,
    "CLONE_NEWPID": 0x20000000,
    "CLONE_NEWNET": 0x40000000,
    "CLONE_IO": 0x80000000,
}
"""Flags of clone(), clone3(), unshare() and setns()."""

RESOURCES = {
    "RLIMIT_CPU": 0,
    "RLIMIT_FSIZE": 1,
    "RLIMIT_DATA": 2,
    "RLIMIT_STACK": 3,
    "RLIMIT_CORE": 4,
    "RLIMIT_RSS": 5,
    "RLIMIT_NPROC": 6,
    "RLIMIT_NOFILE": 7,
    "RLIMIT_MEMLOCK": 8,
    "RLIMIT_AS": 9,
    "RLIMIT_LOCKS": 10,
    "RLIMIT_SIGPENDING": 11,
    "RLIMIT_MSGQUEUE": 12,
    "RLIMIT_NICE": 13,
    "RLIMIT_RTPRIO": 14,
    "RLIMIT_RTTIME": 15,
}
"""Resources of getrlimit(), setrlimit() and prlimit(), on every machine that has a table of system calls."""

_PTRACE = {
    "PTRACE_TRACEME": 0,
    "PTRACE_PEEKTEXT": 1,
    "PTRACE_PEEKDATA": 2,
    "PTRACE_PEEKUSR": 3,
    "PTRACE_POKETEXT": 4,
    "PTRACE_POKEDATA": 5,
    "PTRACE_POKEUSR": 6,
    "PTRACE_CONT": 7,
    "PTRACE_KILL": 8,
    "PTRACE_SINGLESTEP": 9,
    "PTRACE_ATTACH": 16,
    "PTRACE_DETACH": 17,
    "PTRACE_SYSCALL": 24,
    "PTRACE_SETOPTIONS": 0x4200,
    "PTRACE_GETEVENTMSG": 0x4201,
    "PTRACE_GETSIGINFO": 0x4202,
    "PTRACE_SETSIGINFO": 0x4203,
    "PTRACE_GETREGSET": 0x4204,
    "PTRACE_SETREGSET": 0x4205,
    "PTRACE_SEIZE": 0x4206,
    "PTRACE_INTERRUPT": 0x4207,
    "PTRACE_LISTEN": 0x4208,
    "PTRACE_PEEKSIGINFO": 0x4209,
    "PTRACE_GETSIGMASK": 0x420A,
    "PTRACE_SETSIGMASK": 0x420B,
}
_X86 = {
    **_PTRACE,
    "PTRACE_GETREGS": 12,
    "PTRACE_SETREGS": 13,
    "PTRACE_GETFPREGS": 14,
    "PTRACE_SETFPREGS": 15,
    "PTRACE_GETFPXREGS": 18,
    "PTRACE_SETFPXREGS": 19,
    "PTRACE_OLDSETOPTIONS": 21,
    "PTRACE_GET_THREAD_AREA": 25,
    "PTRACE_SET_THREAD_AREA": 26,
    "PTRACE_ARCH_PRCTL": 30,
    "PTRACE_SYSEMU": 31,
    "PTRACE_SYSEMU_SINGLESTEP": 32,
    "PTRACE_SINGLEBLOCK": 33,
}
_BY_MACHINE = {
    "x86_64": _X86,
    "i386": _X86,
    "aarch64": {**_PTRACE, "PTRACE_SYSEMU": 31, "PTRACE_SYSEMU_SINGLESTEP": 32},
}


def ptrace_requests(machine: str) -> dict[str, int]:
    """Return name -> number of the requests of ptrace() that a machine is known to have."""
    return dict(_BY_MACHINE.get(machine, _PTRACE))
