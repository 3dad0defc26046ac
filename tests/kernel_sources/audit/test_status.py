"""The audit status of kernels of every age."""

from __future__ import annotations

import struct

import pytest

from kernel_sources.audit import status
from kernel_sources.errors import Malformed

# Each member a number of its own, in the order of struct audit_status.
WORDS = (0x3F, 1, 2, 3, 4, 5, 6, 7, 0x7F, 9, 10)


def payload(count: int) -> bytes:
    return struct.pack(f"={count}I", *WORDS[:count])


def test_members_are_where_the_header_file_has_them() -> None:
    read = status.decode(payload(11))
    assert (read.enabled, read.failure, read.pid, read.rate_limit) == (1, 2, 3, 4)
    assert (read.backlog_limit, read.lost, read.backlog) == (5, 6, 7)
    assert (read.feature_bitmap, read.backlog_wait_time, read.backlog_wait_time_actual) == (0x7F, 9, 10)


def test_an_older_kernel_leaves_the_rest_unknown() -> None:
    read = status.decode(payload(8))
    assert read.backlog == 7
    assert (read.feature_bitmap, read.backlog_wait_time, read.backlog_wait_time_actual) == (None, None, None)
    assert not read.has_feature(status.FEATURE_BACKLOG_LIMIT)


def test_a_newer_kernel_is_read_as_far_as_it_is_known() -> None:
    assert status.decode(payload(11) + b"\xff" * 12) == status.decode(payload(11))


def test_less_than_the_first_version_is_malformed() -> None:
    with pytest.raises(Malformed):
        status.decode(payload(7))


def test_features_and_the_lock() -> None:
    read = status.decode(payload(11))
    assert read.has_feature(status.FEATURE_BACKLOG_WAIT_TIME)
    assert not read.has_feature(0x80)
    assert not read.locked
    assert status.decode(struct.pack("=8I", 0, 2, 0, 0, 0, 0, 0, 0)).locked


def test_setting_names_its_bit_and_leaves_the_others_zero() -> None:
    words = struct.unpack("=11I", status.encode(status.MASK_BACKLOG_LIMIT, backlog_limit=8192))
    assert words == (0x10, 0, 0, 0, 0, 8192, 0, 0, 0, 0, 0)
