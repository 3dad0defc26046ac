"""The image of the live tests' containers: busybox with its applets, a few accounts, the files that rules look at."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

IMAGE = "auditfalco-test:1.0"
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

DIRECTORIES = {
    "bin": 0o755,
    "dev": 0o755,
    "etc": 0o755,
    "home": 0o755,
    "home/alice": 0o755,
    "lib": 0o755,
    "opt": 0o755,
    "proc": 0o555,
    "root": 0o700,
    "sbin": 0o755,
    "sys": 0o555,
    "tmp": 0o1777,
    "usr": 0o755,
    "usr/bin": 0o755,
    "usr/sbin": 0o755,
    "var": 0o755,
    "var/log": 0o755,
}

FILES = {
    "etc/passwd": (
        "root:x:0:0:root:/root:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
        "alice:x:1000:1000:Alice:/home/alice:/bin/sh\n"
    ),
    "etc/group": "root:x:0:\nnogroup:x:65534:\nalice:x:1000:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\nalice:*:19000:0:99999:7:::\n",
    "etc/ld.so.cache": "",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\n",
    "var/log/syslog": "",
}
ALICE = 1000
PRIVATE_FILES = {"etc/shadow": 0o640}


def build(busybox: Path) -> bytes:
    """Build the root file system as a tar archive, for ``docker import``.

    Args:
        busybox: a statically linked busybox; asked for its applets and copied in as /bin/busybox.
    """
    listing = subprocess.run([busybox, "--list-full"], capture_output=True, text=True, check=True, timeout=30)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, mode in DIRECTORIES.items():
            archive.addfile(_member(name, tarfile.DIRTYPE, mode))
        for name, text in FILES.items():
            _add_file(archive, name, text.encode(), PRIVATE_FILES.get(name, 0o644))
        _add_file(archive, "bin/busybox", busybox.read_bytes(), 0o755)
        for applet in _applets(listing.stdout):
            link = _member(applet, tarfile.SYMTYPE, 0o777)
            link.linkname = "/bin/busybox"
            archive.addfile(link)
    return buffer.getvalue()


def _applets(listing: str) -> list[str]:
    """Keep the applets that lie in directories of the image; a few builds list odd ones such as "linuxrc"."""
    names = (line.strip() for line in listing.splitlines())
    return sorted({name for name in names if str(Path(name).parent) in DIRECTORIES} - {"bin/busybox"})


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mode = mode
    if name == "home/alice":
        member.uid = member.gid = ALICE
    return member


def _add_file(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = _member(name, tarfile.REGTYPE, mode)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
