"""``%container.info``, which old rules have in their output lines.

It stands for the container's id, name and image, and for the pod's name and namespace where there is a pod. Falco drops
it, as its container plugin appends these fields to every line by itself; here they stay in their place.
"""

from __future__ import annotations

CONTAINER_INFO = "%container.info"
CONTAINER_MEANING = (
    "container_id=%container.id container_name=%container.name "
    "container_image_repository=%container.image.repository container_image_tag=%container.image.tag"
)
POD_MEANING = " k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name"
"""Printed where the event's container belongs to a pod."""


def expand_container_info(output: str) -> str:
    """Return an output line with all fields that ``%container.info`` stands for."""
    return output.replace(CONTAINER_INFO, CONTAINER_MEANING + POD_MEANING)
