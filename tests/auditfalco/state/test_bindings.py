"""Names that files have on another mount of their file system."""

from __future__ import annotations

import pytest

from auditfalco.state.bindings import TICK_NS, Bindings, covering, relative
from auditfalco.state.effort import MOST_SAVED_NS, Effort
from kernel_sources.procfs.mounts import Mount, parse

HOST = b"""\
20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 8:2 / /srv rw - ext4 /dev/sda2 rw
22 20 8:1 /etc /mnt/e rw - ext4 /dev/sda1 rw
23 20 0:40 / /tmp rw - tmpfs tmpfs rw
"""
CONTAINER = b"""\
90 1 0:60 / / rw - overlay overlay rw
91 90 8:1 /etc /hostetc rw - ext4 /dev/sda1 rw
92 90 8:2 /data /data rw - ext4 /dev/sda2 rw
93 90 0:61 / /dev rw - tmpfs tmpfs rw
95 90 0:60 /opt/etc /play/m rw - overlay overlay rw
94 90 8:1 /var/lib/docker/containers/abc/hosts /etc/hosts rw - ext4 /dev/sda1 rw
"""


class Tables:
    """Mount tables of made-up processes, counting how often they are read."""

    def __init__(self) -> None:
        self.reads = 0
        self.tables: dict[int | str, bytes] = {"self": HOST, 7: CONTAINER}

    def __call__(self, pid: int | str) -> list[Mount] | None:
        self.reads += 1
        return parse(self.tables[pid]) if pid in self.tables else None


@pytest.mark.parametrize(
    ("place", "pid", "path", "elsewhere"),
    [
        ("host", "self", "/mnt/e/shadow", ("/etc/shadow",)),
        ("host", "self", "/mnt/e", ("/etc",)),
        ("host", "self", "/mnt/each", ()),
        ("host", "self", "/etc/shadow", ()),
        ("c", 7, "/hostetc/shadow", ("/hostetc/shadow", "/etc/shadow")),
        ("c", 7, "/data/x/y", ("/data/x/y", "/srv/data/x/y")),
        ("c", 7, "/etc/hosts", ("/etc/hosts", "/var/lib/docker/containers/abc/hosts")),
        ("c", 7, "/etc/passwd", ()),
        ("c", 7, "/dev/null", ()),
        ("c", 7, "/play/m/secret", ("/opt/etc/secret",)),
        ("gone", 8, "/etc/passwd", ()),
    ],
)
def test_where_else_a_file_is(place: str, pid: int | str, path: str, elsewhere: tuple[str, ...]) -> None:
    assert Bindings(Tables(), Effort()).elsewhere(place, pid, path, 1) == elsewhere


def test_a_table_is_as_of_the_event_as_far_as_there_is_time_to_read_it() -> None:
    tables = Tables()
    now = [1_000 * TICK_NS]
    effort = Effort(lambda: now[0])
    bindings = Bindings(tables, effort, lambda: now[0])

    def look(event_ns: int) -> int:
        before = tables.reads
        assert bindings.elsewhere("c", 7, "/hostetc/shadow", event_ns)[-1] == "/etc/shadow"
        return tables.reads - before

    assert look(0) == 2
    assert look(990 * TICK_NS) == 0, "read after that event"
    assert look(1_000 * TICK_NS) == 2, "perhaps read before that event"
    with effort.spending():
        now[0] += 2 * MOST_SAVED_NS
    assert look(now[0]) == 0, "no time for it"
    assert effort.refused == 2
    now[0] += 20 * MOST_SAVED_NS
    del tables.tables[7]
    assert bindings.elsewhere("c", 7, "/hostetc/shadow", now[0])[-1] == "/etc/shadow", "the process is gone"


def test_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditfalco.state.bindings.MOST_TABLES", 3)
    bindings = Bindings(Tables(), Effort())
    for number in range(5):
        bindings.elsewhere(f"c{number}", 7, "/data/x", 1)
    assert bindings.evictions == 3  # five containers and the host


def test_the_latest_of_mounts_at_one_place_counts() -> None:
    mounts = parse(HOST + b"24 20 9:9 / /srv rw - xfs /dev/sdb rw\n")
    covered = covering(mounts, "/srv/x")
    assert covered is not None and covered.fs_type == "xfs"
    assert relative("/srv", "/srvx") is None and relative("/srv", "/srv") == ""
