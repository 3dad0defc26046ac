"""Audit rules in auditctl's notation."""

from __future__ import annotations

import pytest

from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.audit.rule_text import text

B64 = Field("arch", "=", 0xC000003E)
B32 = Field("arch", "=", 0x40000003)


def name_of(number: int, arch: int | None) -> str | None:
    """Know the execve of two machines and nothing else."""
    return {(59, 0xC000003E): "execve", (11, 0x40000003): "execve"}.get((number, arch or 0))


CASES = [
    (
        rule("exit", "always", B64, Field("auid", "=", 4242), syscalls=[59, 1871], keys=["k"]),
        "-a always,exit -F arch=b64 -S execve,1871 -F auid=4242 -F key=k",
    ),
    (rule("exit", "always", B32, syscalls=[11]), "-a always,exit -F arch=b32 -S execve"),
    (rule("exit", "always", Field("auid", "=", 1), B64), "-a always,exit -F arch=b64 -S all -F auid=1"),
    (rule("exit", "never", Field("pid", "=", 7), prepend=True), "-A never,exit -S all -F pid=7"),
    (rule("exit", "always", Field("auid", "!=", -1)), "-a always,exit -S all -F auid!=-1"),
    (rule("exit", "always", Field("exit", "=", -13)), "-a always,exit -S all -F exit=-EACCES"),
    (rule("exit", "always", Field("exit", ">=", 0)), "-a always,exit -S all -F exit>=0"),
    (rule("exit", "always", Field("exit", "=", -4000)), "-a always,exit -S all -F exit=-4000"),
    (rule("exit", "always", Field("a2", "&=", 0x41), syscalls=[2]), "-a always,exit -S 2 -F a2&=0x41"),
    (
        rule("exit", "always", Field("dir", "=", "/srv"), Field("perm", "=", "awr"), keys=["one", "two"]),
        "-a always,exit -S all -F dir=/srv -F perm=rwa -F key=one -F key=two",
    ),
    (rule("exit", "always", Field("filetype", "=", "dir")), "-a always,exit -S all -F filetype=dir"),
    (rule("exit", "always", Field("inode", "=", 3000000000)), "-a always,exit -S all -F inode=3000000000"),
    (rule("exit", "always", Field("field_compare", "!=", 1)), "-a always,exit -S all -C uid!=obj_uid"),
    (rule("io_uring", "always", syscalls=[18, 28], keys=["k"]), "-a always,io_uring -S 18,28 -F key=k"),
    (rule("exclude", "never", Field("msgtype", "=", 1327)), "-a never,exclude -F msgtype=1327"),
    (rule("task", "never"), "-a never,task"),
    (rule("filesystem", "never", Field("fstype", "=", 0x74726163)), "-a never,filesystem -F fstype=1953653091"),
]


@pytest.mark.parametrize(("subject", "expected"), CASES, ids=[expected for _, expected in CASES])
def test_rules_read_as_auditctl_writes_them(subject: AuditRule, expected: str) -> None:
    assert text(subject, name_of) == expected


def test_without_names_numbers_are_written() -> None:
    assert text(rule("exit", "always", B64, syscalls=[59])) == "-a always,exit -F arch=b64 -S 59"
