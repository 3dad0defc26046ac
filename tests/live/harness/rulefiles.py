"""The rule files under test: the shipped one, and the founding one where it lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
SHIPPED = CHECKOUT / "rules" / "auditfalco_rules.yaml"

TERMINAL_SHELL = "Terminal shell in container"
COMMAND = "Log commands in an interactive shell"
FILE_OPENED = "Log read and write in container in an interactive shell"
KERNEL_MODULE = "Linux Kernel Module Injection Detected"


def rule_files() -> list[Path]:
    """The shipped rules, and the founding file if it is there."""
    founding = sorted((CHECKOUT.parent / "shared" / "seeds").glob("*.yaml"))
    return [SHIPPED, *founding]
