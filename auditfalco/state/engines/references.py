"""Image references: `[host[:port]/]name[:tag][@digest]`."""

from __future__ import annotations

import re

from auditfalco.model.container import Container

LATEST = "latest"
"""The tag that a reference without one means."""

_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")


def split_reference(reference: str) -> tuple[str, str | None, str | None]:
    """Split an image reference into repository, tag and digest (None where absent)."""
    name, _, digest = reference.partition("@")
    directory, slash, last = name.rpartition("/")
    base, colon, tag = last.partition(":")
    return directory + slash + base, (tag if colon else None), (digest or None)


def is_image_id(reference: str) -> bool:
    """Whether a reference is no name but an image's whole id."""
    return _IMAGE_ID.fullmatch(reference) is not None


def name_image(container: Container, reference: str | None) -> None:
    """Give a container the image that a reference with a name stands for; its id alone names none."""
    if reference is None:
        return
    container.image = reference
    if is_image_id(reference):
        container.image_id = reference.rpartition(":")[2]
        return
    repository, tag, digest = split_reference(reference)
    container.repository, container.digest = repository, digest
    container.tag = LATEST if tag is None and digest is None else tag
