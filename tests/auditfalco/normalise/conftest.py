"""What the tests of the normalisers share."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from auditfalco.model.event import Event

Texts = Callable[[Event], dict[str, str]]


@pytest.fixture
def texts() -> Texts:
    """Gives an event's arguments as they print."""

    def shown(event: Any) -> dict[str, str]:
        return {name: argument.text for name, argument in event.arguments.items()}

    return shown
