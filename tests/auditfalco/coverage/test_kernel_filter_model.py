"""The model of the kernel's filter that plans are tried on: cases whose answer the kernel's source tells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from madeup.kernelfilter import KernelFilter, Seen
from madeup.place import Place

from kernel_sources.audit.rule import Field, rule

ARCH = Field("arch", "=", 0xC000003E)
OPENAT, UNLINK = 257, 87
IDS = {"euid": 0xFFFFFFFE, "pid": 7}
CALL = Seen(0xC000003E, OPENAT, "openat", (0, 0, 1 << 32 | 0o101, 0), 3, IDS, "/bin/x", None, 0o101)


def recorded(call: Seen, *fields: Field) -> bool:
    return KernelFilter([rule("exit", "always", ARCH, *fields, syscalls=[call.number])], Place().host).records(call)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (Field("success", "=", 1), True),
        (Field("success", "=", 0), False),
        (Field("exit", "=", 3), True),
        (Field("exit", "=", -3), False),
        (Field("euid", ">=", 1000), True),  # as unsigned numbers
        (Field("a2", "=", 0o101), True),  # the lower 32 bits
        (Field("a2", "&", 2), False),
        (Field("perm", "=", "w"), True),
        (Field("perm", "=", "r"), False),
        (Field("saddr_fam", "=", 0), False),  # no address
        (Field("devmajor", ">=", 0), False),  # no file
    ],
)
def test_fields(field: Field, expected: bool) -> None:
    assert recorded(CALL, field) is expected


def test_another_table_or_call_is_not_meant() -> None:
    assert not recorded(replace(CALL, arch=0x40000003), ARCH)
    kernel = KernelFilter([rule("exit", "always", ARCH, syscalls=[UNLINK])], Place().host)
    assert not kernel.records(CALL)


def test_what_is_put_in_front_decides() -> None:
    always = rule("exit", "always", ARCH, syscalls=[OPENAT])
    quiet = rule("exit", "never", ARCH, Field("pid", "=", 7), syscalls=[OPENAT])
    view = Place().host
    assert KernelFilter([always, quiet], view).records(CALL)
    assert not KernelFilter([always, replace(quiet, prepend=True)], view).records(CALL)
    assert not KernelFilter([quiet, always], view).records(CALL)


def test_access_of_openat2_is_known_to_newer_kernels() -> None:
    call = replace(CALL, name="openat2", number=437)
    asked = [rule("exit", "always", ARCH, Field("perm", "=", "w"), syscalls=[437])]
    assert KernelFilter(asked, Place().host).records(call)
    assert not KernelFilter(asked, Place().host, openat2_access=False).records(call)


def test_files() -> None:
    place = Place()
    found = place.host.find("/srv/www/shadow")
    assert found is not None and found.entry is not None
    call = replace(
        CALL, files=frozenset({found.entry.number}), above=frozenset(one.number for one in found.entry.line())
    )

    def asked(field: Field, one: Seen = call) -> bool:
        return KernelFilter([rule("exit", "always", ARCH, field, syscalls=[one.number])], place.host).records(one)

    assert asked(Field("path", "=", "/srv/www/shadow"))
    assert asked(Field("path", "=", "/etc/shadow"))  # the same inode
    assert not asked(Field("path", "=", "/opt/keys/y"))  # a link to it: not looked through
    assert asked(Field("dir", "=", "/srv"))
    assert not asked(Field("dir", "=", "/etc"))  # by where it lies, not by inode
    taken = replace(
        call,
        number=UNLINK,
        name="unlink",
        removed=frozenset({(found.above, "shadow", found.entry.number)}),
    )
    assert asked(Field("path", "=", "/srv/www/shadow"), taken)
    alone = [
        rule("exit", "always", ARCH, Field("success", "=", 1), Field("path", "=", "/srv/www/shadow"), syscalls=[UNLINK])
    ]
    assert not KernelFilter(alone, place.host).records(taken)  # the watch is gone when there is a result
