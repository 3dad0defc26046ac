"""The fields of containers and of Kubernetes pods, which Falco has from its container plugin."""

from __future__ import annotations

from auditfalco.fields.field import ArgumentForm, Field

_CONTAINER = (
    Field(
        "container.id",
        "CHARBUF",
        "first 12 characters of the container's identifier, or its name for lxc and the like; host outside of "
        "containers",
        suggested=True,
    ),
    Field("container.full_id", "CHARBUF", "the container's whole identifier; host outside of containers"),
    Field("container.name", "CHARBUF", "name of the container; host outside of containers", suggested=True),
    Field(
        "container.type",
        "CHARBUF",
        "what runs it: docker, podman, containerd, cri-o, lxc, libvirt_lxc, bpm, systemd-nspawn; host outside of "
        "containers",
    ),
    Field(
        "container.image",
        "CHARBUF",
        "image as it was asked for; absent for nerdctl's containers and ctr's, whose images are in no state file",
    ),
    Field("container.image.id", "CHARBUF", "identifier of the image"),
    Field("container.image.repository", "CHARBUF", "image without its tag", suggested=True),
    Field("container.image.tag", "CHARBUF", "tag of the image", suggested=True),
    Field("container.image.digest", "CHARBUF", "digest of the image"),
    Field(
        "container.privileged",
        "BOOL",
        "whether it was started with all privileges; where the engine keeps no such word, whether it has every "
        "device, the capability to administer the system, no system call filter and no masked path",
    ),
    Field("container.host_pid", "BOOL", "whether it shares the pid namespace of the host"),
    Field("container.host_network", "BOOL", "whether it shares the network of the host"),
    Field("container.host_ipc", "BOOL", "whether it shares the ipc namespace of the host"),
    Field("container.start_ts", "ABSTIME", "start of the container, nanoseconds since the epoch"),
    Field("container.duration", "RELTIME", "nanoseconds since the container started"),
    Field(
        "container.ip",
        "CHARBUF",
        "IPv4 address of the container, from Docker's state and the network plugins' results; absent for Podman",
    ),
    Field("container.cni.json", "CHARBUF", "what the network plugins answered, as JSON, as libcni or CRI-O keeps it"),
    Field(
        "container.label",
        "CHARBUF",
        "value of one label; absent where container.labels is",
        ArgumentForm.KEY_OR_DOTTED,
        argument_required=True,
    ),
    Field(
        "container.labels",
        "CHARBUF",
        "all labels as key:value, joined by a comma and a blank; known for Docker and CRI-O, in no state file for "
        "Podman and containerd",
    ),
    Field(
        "container.mounts",
        "CHARBUF",
        "all mounts as source:target:mode:writable:propagation, joined by commas; without those that the engine "
        "makes for itself",
    ),
    Field(
        "container.mount",
        "CHARBUF",
        "one mount, by number or by a glob of its source",
        ArgumentForm.INDEX_OR_KEY,
        argument_required=True,
    ),
    *(
        Field(
            f"container.mount.{part}",
            "CHARBUF",
            f"{what} of one mount, by number or by {by}",
            ArgumentForm.INDEX_OR_KEY,
            argument_required=True,
        )
        for part, what, by in (
            ("source", "source", "target"),
            ("dest", "target", "source"),
            ("mode", "mode", "source"),
            ("rdwr", "true or false for writable", "source"),
            ("propagation", "propagation", "source"),
        )
    ),
    *(
        Field(f"container.{probe}", "CHARBUF", "never set any more", deprecated=True)
        for probe in ("healthcheck", "liveness_probe", "readiness_probe")
    ),
    *(
        Field(f"proc.is_container_{probe}", "BOOL", "never set any more", deprecated=True)
        for probe in ("healthcheck", "liveness_probe", "readiness_probe")
    ),
)

_POD = (
    Field("k8s.pod.name", "CHARBUF", "name of the pod", suggested=True),
    Field("k8s.ns.name", "CHARBUF", "namespace of the pod", suggested=True),
    Field("k8s.pod.uid", "CHARBUF", "identifier of the pod"),
    Field("k8s.pod.id", "CHARBUF", "the same as k8s.pod.uid"),
    Field("k8s.pod.sandbox_id", "CHARBUF", "first 12 characters of the identifier of the pod's sandbox"),
    Field("k8s.pod.full_sandbox_id", "CHARBUF", "whole identifier of the pod's sandbox"),
    Field(
        "k8s.pod.ip",
        "CHARBUF",
        "IPv4 address of the pod, from the network plugins' results; absent for pods in the host's network",
    ),
    Field("k8s.pod.cni.json", "CHARBUF", "what the network plugins answered for the pod, as JSON"),
    Field(
        "k8s.pod.label",
        "CHARBUF",
        "value of one label of the pod; absent where k8s.pod.labels is",
        ArgumentForm.KEY_OR_DOTTED,
        argument_required=True,
    ),
    Field(
        "k8s.pod.labels",
        "CHARBUF",
        "all labels of the pod as key:value, joined by a comma and a blank; known for Docker and CRI-O, in no "
        "state file for containerd",
    ),
    *(
        Field(f"k8s.{kind}.{part}", "CHARBUF", "never set any more", deprecated=True)
        for kind, parts in (
            ("ns", ("id", "labels")),
            *((kind, ("name", "id", "labels")) for kind in ("rc", "svc", "rs", "deployment")),
        )
        for part in parts
    ),
    *(
        Field(
            f"k8s.{kind}.label",
            "CHARBUF",
            "never set any more",
            ArgumentForm.KEY_OR_DOTTED,
            argument_required=True,
            deprecated=True,
        )
        for kind in ("rc", "svc", "ns", "rs", "deployment")
    ),
)

FIELDS: tuple[Field, ...] = (*_CONTAINER, *_POD)
