"""The names of a program while it is called this or that."""

from __future__ import annotations

from auditfalco.model.names import Names
from auditfalco.model.program import Program, cut


def test_the_kernel_keeps_fifteen_bytes() -> None:
    assert cut("containerd-shim-runc-v2") == "containerd-shim"
    assert cut("sh") == "sh"
    assert cut("ä" * 10).encode("utf-8", "surrogateescape") == ("ä" * 10).encode()[:15]


def test_a_program_without_other_names_has_a_plain_one() -> None:
    assert type(Program("cat").called("cat")) is str


def test_who_takes_another_name_keeps_its_own() -> None:
    program = Program("perl", ("/tmp/perl",), ("perl5.36",))
    renamed = program.called("sshd")
    assert isinstance(renamed, Names)
    assert (str(renamed), renamed.also, renamed.trusted) == ("sshd", ("perl", "/tmp/perl"), ("perl5.36",))
    back = program.called("perl")
    assert isinstance(back, Names)
    assert back.also == ("/tmp/perl",)


def test_an_addition_to_the_own_name_hides_nothing() -> None:
    renamed = Program("runc").called("runc:[2:INIT]")
    assert isinstance(renamed, Names)
    assert (renamed.also, renamed.trusted) == ((), ("runc",))
