"""Kubernetes pods, as the labels that the kubelet gives to every container tell them."""

from __future__ import annotations

from collections.abc import Mapping

from auditfalco.model.container import Pod

POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
POD_UID = "io.kubernetes.pod.uid"
SANDBOX_ID = "io.kubernetes.sandbox.id"
CONTAINER_NAME = "io.kubernetes.container.name"


def pod_by_labels(labels: Mapping[str, str] | None) -> Pod | None:
    """The pod that a container's labels name; None when they name none."""
    if not labels or POD_NAME not in labels:
        return None
    return Pod(labels[POD_NAME], labels.get(POD_NAMESPACE), labels.get(POD_UID), labels.get(SANDBOX_ID))
