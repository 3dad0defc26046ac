"""Extractors of proc.*: the file that a process runs."""

from __future__ import annotations

from auditfalco.fields.aspects import image_fact, of_self, process_fact
from auditfalco.fields.values import Extractor, Value
from auditfalco.model.process import Image, Process


def _layer(layer: str) -> Extractor:
    def read(image: Image) -> Value:
        return None if image.file is None else image.file.layer == layer

    return image_fact(read)


def _ctime_to_start(process: Process, image: Image) -> Value:
    """Nanoseconds from the executable's change to the process's start; absent when unknown or not positive."""
    if image.file is None or image.file.ctime_ns is None or not process.start_known:
        return None
    return max(process.start_ns - image.file.ctime_ns, 0) or None


def _pidns_start_to_ctime(process: Process, image: Image) -> Value:
    start = process.container.start_ns if process.container is not None else None
    if image.file is None or image.file.ctime_ns is None or start is None:
        return None
    return max(image.file.ctime_ns - start, 0) or None


def _pid_namespace_start(process: Process) -> Value:
    return process.container.start_ns if process.container is not None else None


PLAIN: dict[str, Extractor] = {
    "proc.is_exe_writable": image_fact(lambda image: image.file.writable if image.file else None),
    "proc.is_exe_upper_layer": _layer("upper"),
    "proc.is_exe_lower_layer": _layer("lower"),
    "proc.is_exe_from_memfd": image_fact(lambda image: image.from_memfd),
    "proc.exe_ino": image_fact(lambda image: image.file.inode if image.file else None),
    "proc.exe_ino.ctime": image_fact(lambda image: image.file.ctime_ns if image.file else None),
    "proc.exe_ino.mtime": image_fact(lambda image: image.file.mtime_ns if image.file else None),
    "proc.exe_ino.ctime_duration_proc_start": of_self(_ctime_to_start),
    "proc.exe_ino.ctime_duration_pidns_start": of_self(_pidns_start_to_ctime),
    "proc.pidns_init_start_ts": process_fact(_pid_namespace_start),
}
"""Fields without an argument."""
