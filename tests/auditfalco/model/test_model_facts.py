"""The small facts: errors with their places, containers, processes, device numbers."""

from __future__ import annotations

from auditfalco.errors import AuditfalcoError
from auditfalco.model.container import HOST, Container
from auditfalco.model.descriptor import device_number
from auditfalco.model.location import Location
from auditfalco.model.process import Image, Process, ProcessKey


def test_an_error_names_place_trouble_and_mend() -> None:
    assert str(AuditfalcoError("no such field", Location("r.yaml", 3, 1), "write fd.name")) == (
        "r.yaml:3:1: no such field; write fd.name"
    )
    assert str(AuditfalcoError("no such field")) == "no such field"


def test_a_container_goes_by_the_first_twelve_characters() -> None:
    container = Container("0123456789abcdef" * 4, "docker")
    assert (container.id, container.is_host, HOST.is_host, HOST.id) == ("0123456789ab", False, True, "host")
    assert container.name is None


def test_a_process_is_its_pid_and_its_start() -> None:
    process = Process(7, 100, None, Image())
    assert process.key == ProcessKey(7, 100)
    assert process.is_alive
    process.exit_ns = 200
    assert not process.is_alive


def test_the_name_told_last_counts() -> None:
    process = Process(7, 100, None, Image())
    assert process.name is None
    process.image.comm = "sh"
    assert process.name == "sh"
    process.comm = ""
    assert process.name == ""


def test_a_device_number_is_packed_as_the_kernel_does() -> None:
    assert [device_number(*device) for device in ((8, 1), (0, 51), (254, 256))] == [0x801, 51, 0x10FE00]
