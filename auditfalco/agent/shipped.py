"""Where the shipped rules lie: in the checkout, or under the prefix of the installation."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import auditfalco

_SHARE = "share/auditfalco/rules"


def shipped_rules() -> Path | None:
    """The directory of the shipped rules; None when it is nowhere."""
    package = Path(auditfalco.__file__).resolve().parent
    candidates = (package.parent / "rules", Path(sysconfig.get_path("data")) / _SHARE, Path("/usr") / _SHARE)
    return next((path for path in candidates if path.is_dir()), None)
