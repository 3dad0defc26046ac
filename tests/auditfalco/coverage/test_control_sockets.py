"""The audit rule that tells who opens an audit socket."""

from __future__ import annotations

from auditfalco.coverage.control_sockets import control_socket_rules
from kernel_sources.audit.rule_text import text


def test_a_rule_for_each_abi_and_login_uid() -> None:
    everywhere = list(control_socket_rules((), ("k",)))
    assert everywhere
    assert all("-F a0=0x10 -F a2=0x9 -F key=k" in text(one.rule) and one.serves == () for one in everywhere)
    assert len(list(control_socket_rules((5, 6), ("k",)))) == 2 * len(everywhere)
