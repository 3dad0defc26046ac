"""Output lines filled with values."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.template import Template
from auditfalco.errors import TemplateError
from auditfalco.fields.catalogue import CATALOGUE

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco" / "format.json"
FALCO_CASES: list[dict[str, Any]] = json.loads(SHARED.read_text()) if SHARED.exists() else []
NANOSECONDS = 1_600_000_000_123_456_789
EVENT = FieldEvent(
    {
        "proc.name": "cat",
        "proc.pid": 42,
        "proc.is_exe_writable": True,
        "proc.fdusage": 12.25,
        "proc.aname": ["bash", "sshd"],
        "proc.aname[1]": "bash",
        "proc.apid[0]": 42,
        "proc.env": "A=1",
        "fd.types": ["file", "ipv4"],
        "fd.sip": "::1",
        "fd.sport": 443,
        "evt.arg.flags": "O_RDONLY",
        "evt.buffer": {"bytes_hex": "41ff0a42"},
        "evt.time": NANOSECONDS,
        "evt.time.iso8601": NANOSECONDS,
        "evt.rawtime.ns": 123,
        "evt.rawtime": NANOSECONDS,
    }
)


def render(text: str) -> str:
    """Return an output line for the event above."""
    return Template(text, bind_field_event).render(EVENT)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("%proc.name:%proc.pid", "cat:42"),
        ("[%6proc.name|%2proc.name|%5proc.pid]", "[cat   |ca|42   ]"),
        ("%fd.name", "<NA>"),
        ("%6fd.name|", "<NA>  |"),
        ("%proc.is_exe_writable %proc.fdusage", "true 12.2"),
        ("%proc.aname / %proc.aname[1]", "bash sshd / bash"),
        ("%proc.apid %proc.aenv", "42 A=1"),
        ("%fd.types", "(file,ipv4)"),
        ("%fd.sip:%fd.sport", "::1:443"),
        ("%evt.arg.flags", "O_RDONLY"),
        ("%evt.buffer", "A..B"),
        ("%toupper(proc.name) %len(fd.types)", "CAT 2"),
        ("%concat(proc.name, '-', fd.name)", "<NA>"),
        ("%evt.time.iso8601", "2020-09-13T12:26:40.123456789+0000"),
        ("%evt.rawtime.ns", "000000123"),
        ("*%proc.name", "cat"),
        ("a%container.idb", "a<NA>b"),
    ],
)
def test_lines(text: str, line: str) -> None:
    assert render(text) == line


def test_old_container_info() -> None:
    assert render("%container.info") == (
        "container_id=<NA> container_name=<NA> container_image_repository=<NA> container_image_tag=<NA>"
    )


def test_old_container_info_in_a_pod() -> None:
    event = FieldEvent({"container.id": "abababababab", "k8s.pod.name": "web-1", "k8s.ns.name": "shop"})
    template = Template("%container.info (%k8s.ns.name)", bind_field_event)
    assert template.render(event) == (
        "container_id=abababababab container_name=<NA> container_image_repository=<NA> container_image_tag=<NA>"
        " k8s_pod_name=web-1 k8s_ns_name=shop (shop)"
    )
    assert template.fields(event)["k8s.pod.name"] == "web-1"
    alone = Template("%container.info", bind_field_event)
    assert sorted(alone.fields(event)) == [
        *["container.id", "container.image.repository", "container.image.tag", "container.name"],
        *["k8s.ns.name", "k8s.pod.name"],
    ]
    assert not {"k8s.pod.name", "k8s.ns.name"} & set(alone.fields(FieldEvent({})))


def test_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert render("%evt.time") == "17:56:40.123456789"
        assert render("%concat(evt.time, '!')") == "17:56:40.123456789!"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_fields_have_jsons_types() -> None:
    template = Template(
        "%proc.name %proc.pid %proc.is_exe_writable %proc.fdusage %fd.name %fd.types %fd.sip %proc.aname %evt.time "
        "%evt.buffer %toupper(proc.name) %proc.name %evt.arg.flags",
        bind_field_event,
    )
    fields = template.fields(EVENT)
    assert fields == {
        "proc.name": "cat",
        "proc.pid": 42,
        "proc.is_exe_writable": True,
        "proc.fdusage": 12.25,
        "fd.name": None,
        "fd.types": ["file", "ipv4"],
        "fd.sip": "::1",
        "proc.aname": "bash sshd",
        "evt.time": NANOSECONDS,
        "evt.buffer": "A..B",
        "toupper(proc.name)": "CAT",
        "evt.arg.flags": "O_RDONLY",
    }
    assert tuple(fields) == template.keys


def test_strict_lines_are_dropped_when_a_value_is_absent() -> None:
    assert Template("%proc.name", bind_field_event).render_complete(EVENT) == "cat"
    assert Template("%proc.name %fd.name", bind_field_event).render_complete(EVENT) is None


def test_long_lists_are_cut() -> None:
    event = FieldEvent({"fd.types": ["x" * 600, "y" * 600]})
    assert len(Template("%fd.types", bind_field_event).render(event)) == 1023


@pytest.mark.parametrize("case", FALCO_CASES, ids=lambda case: case["id"])
def test_falco_agrees(case: dict[str, Any]) -> None:
    catalogue = CATALOGUE.declared(case.get("types") or {})
    if not case["ok"]:
        with pytest.raises(TemplateError):
            Template(case["format"], bind_field_event, catalogue.resolve_output)
        return
    template = Template(case["format"], bind_field_event, catalogue.resolve_output)
    event = FieldEvent(case["event"])
    if not case["json"] and case["returns"]:
        assert template.render(event) == case["output"]
    if not template.lenient:
        assert (template.render_complete(event) is not None) == case["returns"]
    if case["json"]:
        present = {key: value for key, value in template.fields(event).items() if value is not None}
        assert present == (case["output_json"] or {})
    if "field_values" in case:
        ours = template.texts(event)
        # Falco's formatter also keeps values of lines that it formatted before.
        assert ours == {key: value for key, value in case["field_values"].items() if key in ours}
