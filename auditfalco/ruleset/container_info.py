"""``%container.info``, which old rules have in their output lines."""

from __future__ import annotations

CONTAINER_INFO = "%container.info"
_MEANING = (
    "container_id=%container.id container_name=%container.name "
    "container_image_repository=%container.image.repository container_image_tag=%container.image.tag"
)


def expand_container_info(output: str) -> str:
    """Return an output line with the fields that ``%container.info`` stands for.

    Falco drops it, as its container plugin appends these fields to every line by itself; here they stay in
    their place.
    """
    return output.replace(CONTAINER_INFO, _MEANING)
