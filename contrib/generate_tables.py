#!/usr/bin/python3
"""Write the generated number tables of ``kernel_sources/tables/generated``.

One command, with the system's Python, for it needs the audit binding (Debian and RHEL: python3-audit)::

    /usr/bin/python3 contrib/generate_tables.py

Sources, in this order, a later one correcting an earlier one:

1. the audit binding, for machines other than the one the headers are for, and for record types;
2. the kernel headers (Debian: linux-libc-dev): ``asm/unistd_*.h`` for x86_64, x32 and i386, ``asm-generic/unistd.h``
   for the machines that follow it;
3. the additions below, for what is younger than the installed binding and headers.

The result goes into the repository, so that neither is needed at run time.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from pathlib import Path

import audit

OUTPUT = Path(__file__).resolve().parent.parent / "kernel_sources" / "tables" / "generated"
HEADERS = Path("/usr/include")
X86_HEADERS = HEADERS / "x86_64-linux-gnu" / "asm"
WIDTH = 118
HIGHEST_SYSCALL = 1024

# Machines whose table the binding knows, by the binding's name of the machine.
FROM_BINDING = {
    "arm": "MACH_ARM",
    "ppc": "MACH_PPC",
    "ppc64": "MACH_PPC64",
    "ppc64le": "MACH_PPC64LE",
    "s390": "MACH_S390",
    "s390x": "MACH_S390X",
}

# Machines that use the generic table (include/uapi/asm-generic/unistd.h), with the calls that only they have.
FROM_GENERIC: dict[str, dict[int, str]] = {
    "aarch64": {},
    "riscv64": {258: "riscv_hwprobe", 259: "riscv_flush_icache"},
    "loongarch64": {},
}

# The binding's spelling of a call -> the kernel's (scripts/syscall.tbl and arch/*/syscall*.tbl).
KERNEL_SPELLING = {
    "pread": "pread64",
    "pwrite": "pwrite64",
    "sys_kexec_load": "kexec_load",
    "sched_rr_get_interval64": "sched_rr_get_interval_time64",
}

# The generic table's 64-bit spelling of the calls that it defines through __NR3264_ names.
GENERIC_SPELLING = {"fstatat": "newfstatat"}

# Since Linux 5.1 a new call gets the same number on every machine. Known up to Linux 6.18.
EVERYWHERE = {
    447: "memfd_secret",
    448: "process_mrelease",
    449: "futex_waitv",
    450: "set_mempolicy_home_node",
    451: "cachestat",
    452: "fchmodat2",
    453: "map_shadow_stack",
    454: "futex_wake",
    455: "futex_wait",
    456: "futex_requeue",
    457: "statmount",
    458: "listmount",
    459: "lsm_get_self_attr",
    460: "lsm_set_self_attr",
    461: "lsm_list_modules",
    462: "mseal",
    463: "setxattrat",
    464: "getxattrat",
    465: "listxattrat",
    466: "removexattrat",
    467: "open_tree_attr",
    468: "file_getattr",
    469: "file_setattr",
}

ADDITIONS: dict[str, dict[int, str]] = {"x86_64": {335: "uretprobe", 336: "uprobe"}}

# Record types younger than the binding (include/uapi/linux/audit.h of Linux 6.18).
RECORD_TYPE_ADDITIONS = {
    1336: "URINGOP",
    1337: "OPENAT2",
    1338: "DM_CTRL",
    1339: "DM_EVENT",
    1420: "IPE_ACCESS",
    1421: "IPE_CONFIG_CHANGE",
    1422: "IPE_POLICY_LOAD",
    1423: "LANDLOCK_ACCESS",
    1424: "LANDLOCK_DOMAIN",
    1425: "MAC_TASK_CONTEXTS",
    1426: "MAC_OBJ_CONTEXTS",
}

# Where one number has two names, the one that the kernel's own headers define by number.
ERRNO_SPELLING = {11: "EAGAIN", 35: "EDEADLK", 95: "EOPNOTSUPP"}

# include/linux/errno.h: never returned to user space, but seen by audit when a signal cuts a call short.
KERNEL_ERRNOS = {
    512: "ERESTARTSYS",
    513: "ERESTARTNOINTR",
    514: "ERESTARTNOHAND",
    515: "ENOIOCTLCMD",
    516: "ERESTART_RESTARTBLOCK",
    517: "EPROBE_DEFER",
    518: "EOPENSTALE",
    519: "ENOPARAM",
    521: "EBADHANDLE",
    522: "ENOTSYNC",
    523: "EBADCOOKIE",
    524: "ENOTSUPP",
    525: "ETOOSMALL",
    526: "ESERVERFAULT",
    527: "EBADTYPE",
    528: "EJUKEBOX",
    529: "EIOCBQUEUED",
    530: "ERECALLCONFLICT",
}


def syscalls_of_header(path: Path) -> dict[int, str]:
    """Return number -> name from a generated ``asm/unistd_*.h`` (x32 numbers without their marker bit)."""
    definition = re.compile(r"#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ (\d+)\)|(\d+))\s*$", re.MULTILINE)
    return {int(x32 or plain): name for name, x32, plain in definition.findall(path.read_text())}


def syscalls_of_generic_header(path: Path) -> dict[int, str]:
    """Return number -> name as a 64-bit machine sees ``asm-generic/unistd.h``."""
    definition = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", re.MULTILINE)
    table: dict[int, str] = {}
    for name, number in definition.findall(path.read_text()):
        if name in ("arch_specific_syscall", "syscalls") or name.endswith("time64"):
            continue
        table[int(number)] = GENERIC_SPELLING.get(name, name)
    return table


def syscalls_of_binding(machine: int) -> dict[int, str]:
    """Return number -> name as the audit binding knows them for one of its machines."""
    table = {}
    for number in range(HIGHEST_SYSCALL):
        name = audit.audit_syscall_to_name(number, machine)
        if name:
            table[number] = KERNEL_SPELLING.get(name, name)
    return table


def syscall_tables() -> dict[str, dict[int, str]]:
    """Return machine -> number -> name for every machine that gets a table."""
    generic = syscalls_of_generic_header(HEADERS / "asm-generic" / "unistd.h")
    tables = {
        "x86_64": syscalls_of_header(X86_HEADERS / "unistd_64.h"),
        "x32": syscalls_of_header(X86_HEADERS / "unistd_x32.h"),
        "i386": syscalls_of_header(X86_HEADERS / "unistd_32.h"),
    }
    tables.update({machine: syscalls_of_binding(getattr(audit, name)) for machine, name in FROM_BINDING.items()})
    tables.update({machine: {**generic, **own} for machine, own in FROM_GENERIC.items()})
    for machine, table in tables.items():
        table.update(EVERYWHERE)
        table.update(ADDITIONS.get(machine, {}))
    return tables


def record_types() -> dict[int, str]:
    """Return number -> name (without ``AUDIT_``) of every record type from 1000 to 2999."""
    known = {number: audit.audit_msg_type_to_name(number) for number in range(1000, 3000)}
    definition = re.compile(r"#define AUDIT_(?!FIRST_|LAST_)(\w+)\s+(1[1-9]\d\d|2\d\d\d)\b")
    header = {int(number): name for name, number in definition.findall((HEADERS / "linux" / "audit.h").read_text())}
    return {**header, **{number: name for number, name in known.items() if name}, **RECORD_TYPE_ADDITIONS}


def errnos() -> dict[int, str]:
    """Return number -> name of Linux error numbers as x86 and the generic headers number them."""
    return {**errno.errorcode, **ERRNO_SPELLING, **KERNEL_ERRNOS}


def module_text(title: str, table: Mapping[int, str]) -> str:
    """Return the source of a module that holds ``table`` as ``NAMES``."""
    lines = [
        f'"""{title}.',
        "",
        "Generated by contrib/generate_tables.py; do not edit.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "# fmt: off",
        "NAMES: dict[int, str] = {",
    ]
    line = "   "
    for number in sorted(table):
        entry = f' {number}: "{table[number]}",'
        if len(line) + len(entry) > WIDTH:
            lines.append(line)
            line = "   "
        line += entry
    lines += [line, "}", ""]
    return "\n".join(lines)


def main() -> None:
    """Write every generated module, replacing what is there."""
    OUTPUT.mkdir(exist_ok=True)
    for machine, table in syscall_tables().items():
        (OUTPUT / f"syscalls_{machine}.py").write_text(module_text(f"System calls of {machine}: number to name", table))
    (OUTPUT / "record_types.py").write_text(module_text("Audit record types: number to name", record_types()))
    (OUTPUT / "errnos.py").write_text(module_text("Linux error numbers: number to name", errnos()))


if __name__ == "__main__":
    main()
