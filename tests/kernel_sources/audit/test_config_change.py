"""CONFIG_CHANGE records as Linux 6.18 writes them."""

from __future__ import annotations

import pytest

from kernel_sources.audit.configchange import ConfigChange, config_change, config_changes
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.tables import record_types

ROOT = {"auid": 1000, "ses": 7, "success": True}


def record(body: str, type: int = record_types.CONFIG_CHANGE) -> Record:
    return Record.from_netlink(type, f"audit(1795616828.808:1347234): {body}".encode())


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (
            'auid=1000 ses=7 op=add_rule key="mine" list=4 res=1',
            ConfigChange("add_rule", ("mine",), "exit", **ROOT),
        ),
        (
            "auid=1000 ses=7 subj=unconfined op=remove_rule key=61756469740166616C636F list=7 res=1",
            ConfigChange("remove_rule", ("audit", "falco"), "io_uring", **ROOT),
        ),
        (
            "auid=1000 ses=7 op=add_rule key=(null) list=5 res=1",
            ConfigChange("add_rule", (), "exclude", **ROOT),
        ),
        (
            "auid=4294967295 ses=4294967295 op=remove_rule key=(null) list=1 res=0",
            ConfigChange("remove_rule", (), "task", success=False),
        ),
        (
            "op=set audit_rate_limit=5000 old=0 auid=1000 ses=7 res=1",
            ConfigChange("set", setting="audit_rate_limit", new=5000, old=0, **ROOT),
        ),
        (
            "audit_enabled=0 old=1 auid=1000 ses=7 res=1",
            ConfigChange("set", setting="audit_enabled", new=0, old=1, **ROOT),
        ),
        (
            "op=set lost=0 old=14172 auid=1000 ses=7 res=1",
            ConfigChange("set", setting="lost", new=0, old=14172, **ROOT),
        ),
        (
            'op=remove_rule dir="/srv/tree" key="tree" list=4 res=1',
            ConfigChange("remove_rule", ("tree",), "exit", success=True, by_kernel=True, place="/srv/tree"),
        ),
        ("op=trim res=1", ConfigChange("trim", success=True)),
        ("", ConfigChange(None)),
    ],
)
def test_what_a_record_says(body: str, change: ConfigChange) -> None:
    assert config_change(record(body)) == change


def test_an_event_may_tell_of_several() -> None:
    gone = [record(f'op=remove_rule dir="/srv/{name}" key="k" list=4 res=1') for name in "ab"]
    raw = RawEvent([*gone, record("arch=c000003e syscall=263", record_types.SYSCALL)])
    assert [change.place for change in config_changes(raw)] == ["/srv/a", "/srv/b"]
