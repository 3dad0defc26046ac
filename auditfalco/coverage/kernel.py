"""What the filter of the running kernel can be asked, which its age decides."""

from __future__ import annotations

import os
import re
from typing import NamedTuple


class Abilities(NamedTuple):
    """What an audit rule may test.

    Attributes:
        openat2_access: whether `perm=` knows the access that openat2 asks for (Linux 5.16); before, it never matches.
        address_family: whether there is `saddr_fam=` (Linux 5.3).
    """

    openat2_access: bool = True
    address_family: bool = True


def abilities(release: str | None = None) -> Abilities:
    """What the kernel of this release can be asked; of the running one, when none is given.

    A release that tells no version is taken for an old one: asked for is then more, and nothing is missed.
    """
    found = re.match(r"(\d+)\.(\d+)", os.uname().release if release is None else release)
    version = (int(found[1]), int(found[2])) if found is not None else (0, 0)
    return Abilities(version >= (5, 16), version >= (5, 3))
