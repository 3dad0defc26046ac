"""What argument vectors tell of programs."""

from __future__ import annotations

import pytest

from auditfalco.state.programforms import applet_of, is_script, loaded_by, script_of

LOADER = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"


@pytest.mark.parametrize(
    ("argv", "exe", "applet"),
    [
        (["busybox", "wget", "http://x"], "/bin/busybox", "wget"),
        (["wget", "http://x"], "/bin/busybox", "wget"),
        (["-ash"], "/bin/busybox", "ash"),
        (["/usr/bin/busybox"], "/usr/bin/busybox.static", None),
        (["ls"], "/usr/bin/coreutils", "ls"),
        (["wget"], "/usr/bin/wget", None),
        (None, "/bin/busybox", None),
    ],
)
def test_multi_call_programs(argv: list[str] | None, exe: str, applet: str | None) -> None:
    assert applet_of(argv, [exe.rpartition("/")[2]]) == applet


@pytest.mark.parametrize(
    ("argv", "exe", "program"),
    [
        (["ld.so", "/usr/bin/apt", "update"], LOADER, "/usr/bin/apt"),
        (["x", "--library-path", "/lib", "--inhibit-cache", "./apt"], LOADER, "./apt"),
        (["x", "--library-path=/lib", "apt"], "/lib/ld-musl-x86_64.so.1", "apt"),
        (["x", "apt"], "/lib/ld-2.31.so", "apt"),
        (["x", "--list"], LOADER, None),
        (["x", "--preload"], LOADER, None),
        (["ld.so", "apt"], "/usr/bin/ld", None),
    ],
)
def test_the_loader(argv: list[str], exe: str, program: str | None) -> None:
    assert loaded_by(argv, exe) == program


def test_scripts() -> None:
    assert is_script(["/bin/sh", "./passwd", "-x"], "/bin/sh", "./passwd")
    assert is_script(["/bin/sh", "-e", "./passwd"], "/bin/sh", "./passwd")
    assert not is_script(["sh", "./passwd"], "/lib64/ld-linux-x86-64.so.2", "/bin/sh")
    assert script_of(["/usr/bin/python3", "-I", "/opt/a-name-longer-than-that", "x"], "a-name-longer-t") is not None
    assert script_of(["/usr/bin/python3", "-c", "pass"], "python3") is None
