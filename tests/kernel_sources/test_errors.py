"""The error tree: what each error number becomes, and what each error prints."""

from __future__ import annotations

import errno

import pytest

from kernel_sources.errors import KernelSourceError, Malformed, NotPermitted, NotSupported, RuleRefused, from_errno


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES, errno.ECONNREFUSED])
def test_refusals_are_not_permitted(number: int) -> None:
    assert isinstance(from_errno(number, "listen"), NotPermitted)


@pytest.mark.parametrize("number", [errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.ENOSYS, errno.EOPNOTSUPP])
def test_absences_are_not_supported(number: int) -> None:
    assert isinstance(from_errno(number, "listen"), NotSupported)


def test_any_other_number_stays_an_os_error() -> None:
    error = from_errno(errno.ENOSPC, "add a mark")
    assert isinstance(error, OSError)
    assert error.errno == errno.ENOSPC
    assert "add a mark" in str(error)


def test_every_error_is_a_kernel_source_error() -> None:
    for kind in (NotPermitted, NotSupported, Malformed, RuleRefused):
        assert issubclass(kind, KernelSourceError)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Malformed("cut short"), "cut short"),
        (Malformed("cut short", offset=12), "cut short (byte 12)"),
        (Malformed("cut short", line=3), "cut short (line 3)"),
    ],
)
def test_malformed_says_where(error: Malformed, text: str) -> None:
    assert str(error) == text


def test_a_refused_rule_carries_its_number_and_its_text() -> None:
    error = RuleRefused("-a always,exit -S all", errno.EEXIST)
    assert error.errno == errno.EEXIST
    assert str(error) == "audit rule refused: File exists: -a always,exit -S all"
