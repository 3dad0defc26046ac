"""Falco's event types."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from auditfalco.model import eventtypes_data
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, PARAMETER_TYPES, is_event_type, names

ROOT = Path(__file__).resolve().parents[3]
DUMP = ROOT.parent / "shared" / "reference" / "evttypes.json"


def generator() -> ModuleType:
    """Load the script that writes the table."""
    spec = importlib.util.spec_from_file_location("generate_eventtypes", ROOT / "contrib" / "generate_eventtypes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_known_of_an_event_type() -> None:
    openat = EVENT_TYPES_BY_NAME["openat"]
    assert openat.category == "file" and openat.is_syscall and openat.creates_fd and not openat.generic
    assert [parameter.name for parameter in openat.parameters][:4] == ["fd", "dirfd", "name", "flags"]
    assert EVENT_TYPES_BY_NAME["read"].reads and EVENT_TYPES_BY_NAME["write"].writes
    assert EVENT_TYPES_BY_NAME["close"].closes_fd and EVENT_TYPES_BY_NAME["connect"].uses_fd
    assert EVENT_TYPES_BY_NAME["poll"].waits
    assert not EVENT_TYPES_BY_NAME["procexit"].is_syscall
    assert EVENT_TYPES_BY_NAME["umask"].generic


def test_names() -> None:
    assert is_event_type("execve") and is_event_type("container") and is_event_type("umask")
    assert not is_event_type("") and not is_event_type("Execve")
    assert names() == sorted(set(names()))
    assert PARAMETER_TYPES["cap_effective"] == "UINT64"


@pytest.mark.skipif(not DUMP.exists(), reason="the dump of Falco's event table is not there")
def test_the_table_is_as_generated(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["generate_eventtypes.py", str(DUMP)])
    generator().main()
    assert capsys.readouterr().out == Path(str(eventtypes_data.__file__)).read_text()


@pytest.mark.skipif(not DUMP.exists(), reason="the dump of Falco's event table is not there")
def test_every_parameter_is_there() -> None:
    for event in json.loads(DUMP.read_text())["events"]:
        if event["dir"] == "exit" and event["name"] != "syscall":
            ours = [parameter.name for parameter in EVENT_TYPES_BY_NAME[event["name"]].parameters]
            assert ours == [parameter["name"] for parameter in event["params"]]
