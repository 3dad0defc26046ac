"""Ways past ordinary rules, from public research on how detectors of this kind are evaded.

Each is tried against a rule that was not written for it: a shipped one, or one of ``ordinary.yaml``. In the scripts
``$T`` is a directory of the trial's own, ``$TRICKS`` and ``$RING`` are the programs of tricks.c and harness/ring.c,
``$TRICKS32`` is the former for 32 bits, ``$SHRED`` and ``$PKG`` are a program that rules about destroying data, and
about packages, name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SECRET = "Read sensitive file untrusted"
LOG = "Clear Log Activities"
DATA = "Remove Bulk Data from Disk"
PACKAGES = "Launch Package Management Process in Container"
FILELESS = "Fileless execution via memfd_create"
SETUID = "Set Setuid or Setgid bit"
API = "Contact K8S API Server From Container"
STREAMS = "Redirect STDOUT/STDIN to Network Connection in Container"
SYMLINK = "Create Symlink Over Sensitive Files"
HARDLINK = "Create Hardlink Over Sensitive Files"
PACKETS = "Packet socket created in container"
KEYS = "Search Private Keys or Passwords"
AUDITCTL = "Audit Control Run"
DEVICE = "Block Device Opened Directly"
DETECTOR = "Detector Files Changed"
BY_NAME = "Ordinary exclusion by name"
BY_PARENT = "Ordinary exclusion by parent"
BY_ANCESTOR = "Ordinary exclusion by ancestor"
OF_ANCESTOR = "Ordinary ancestor by name"

HOST, CONTAINER, BOTH = ("host",), ("container",), ("host", "container")

FILLED = "echo x >> /var/log/syslog; "
API_ADDRESS = "10.96.0.1"


@dataclass(frozen=True)
class Evasion:
    """One trick.

    Attributes:
        id: the kind of trick: A a file under another name, B a lie about who is running, C calls that nobody listed, D
            against the detector.
        trick: what is done, in a few words.
        rule: the rule that it would evade.
        script: what a shell runs.
        places: where it is tried.
    """

    id: str
    trick: str
    rule: str
    script: str
    places: Sequence[str] = BOTH


EVASIONS = (
    # A1: other spellings.
    Evasion("A1", "through a symbolic link", SECRET, "ln -s /etc/shadow $T/l; cat $T/l"),
    Evasion("A1", "through a link to a link", SECRET, "ln -s /etc/shadow $T/l; ln -s l $T/m; cat $T/m"),
    Evasion("A1", "through a linked directory", SECRET, "ln -s /etc $T/d; cat $T/d/shadow"),
    Evasion("A1", "`..` behind a linked directory", SECRET, "ln -s /usr/bin $T/d; cat $T/d/../../etc/shadow"),
    Evasion("A1", "/proc/self/root", SECRET, "cat /proc/self/root/etc/shadow"),
    Evasion("A1", "/proc/self/cwd", SECRET, "cd /etc; cat /proc/self/cwd/shadow"),
    Evasion("A1", "/dev/fd of a directory", SECRET, "exec 9</etc; cat /dev/fd/9/shadow"),
    Evasion("A1", "a descriptor opened as a mere path", SECRET, "$TRICKS path-descriptor /etc/shadow"),
    Evasion("A1", "double slashes and dots", SECRET, "cat //etc/.//../etc/shadow"),
    Evasion("A1", "a relative name", SECRET, "cd /etc; cat shadow"),
    # A2: other names of the inode.
    Evasion("A2", "through a hard link", SECRET, "ln /etc/shadow /etc/.$$; cat /etc/.$$; rm /etc/.$$"),
    Evasion(
        "A2", "through a bind mount of the directory", SECRET, "unshare -m sh -c 'mount --bind /etc $T; cat $T/shadow'"
    ),
    Evasion(
        "A2",
        "through a bind mount of the file",
        SECRET,
        "touch $T/f; unshare -m sh -c 'mount --bind /etc/shadow $T/f; cat $T/f'",
    ),
    Evasion("A2", "through a detached mount", SECRET, "$TRICKS move-mount /etc $T $T/shadow"),
    Evasion("A2", "in another mount namespace", SECRET, "unshare -m cat /etc/shadow"),
    Evasion("A2", "in a changed root", SECRET, "unshare -m sh -c 'mount --bind / $T; chroot $T cat /etc/shadow'"),
    # A3: other calls that open.
    Evasion("A3", "openat2", SECRET, "$TRICKS openat2 /etc/shadow"),
    Evasion("A3", "relative to a directory's descriptor", SECRET, "$TRICKS directory /etc shadow"),
    Evasion("A3", "open_by_handle_at", SECRET, "$ACTS handle /etc/shadow", HOST),
    # A4: instead of writing.
    Evasion("A4", "another file renamed over it", LOG, FILLED + "echo > $T/f; mv $T/f /var/log/syslog", CONTAINER),
    Evasion(
        "A4", "exchanged with another", LOG, FILLED + "echo > $T/f; $TRICKS exchange $T/f /var/log/syslog", CONTAINER
    ),
    Evasion("A4", "truncated by its name", LOG, FILLED + "$TRICKS truncate /var/log/syslog", CONTAINER),
    Evasion("A4", "written through a link", LOG, FILLED + "ln -s /var/log/syslog $T/l; : > $T/l", CONTAINER),
    Evasion("A4", "linked by a descriptor", HARDLINK, "$TRICKS link /etc/shadow /etc/.$$; rm /etc/.$$"),
    # A5: below the file system.
    Evasion("A5", "the disk under a name of one's own", DEVICE, "$ACTS read /dev/innocent", CONTAINER),
    # B1: a forbidden program by another name.
    Evasion("B1", "through a symbolic link", DATA, "ln -s $SHRED $T/x; $T/x --version"),
    Evasion("B1", "through a symbolic link", PACKAGES, "ln -s $PKG /tmp/x; /tmp/x update; rm /tmp/x", CONTAINER),
    Evasion("B1", "through a hard link", DATA, "ln $SHRED /usr/bin/.x$$; /usr/bin/.x$$ --version; rm /usr/bin/.x$$"),
    Evasion("B1", "through a hard link", PACKAGES, "ln $PKG /usr/bin/x; /usr/bin/x update; rm /usr/bin/x", CONTAINER),
    Evasion("B1", "a copy", DATA, "cp $SHRED $T/x; $T/x --version"),
    Evasion("B1", "a copy", PACKAGES, "cp $PKG $T/x; $T/x update", CONTAINER),
    Evasion("B1", "renamed", PACKAGES, "cp $PKG $T/y; mv $T/y $T/x; $T/x update", CONTAINER),
    Evasion("B1", "through a linked directory", PACKAGES, "ln -s $PKG $T/x; ln -s $T $T/d; $T/d/x update", CONTAINER),
    # B2: an allowed name.
    Evasion("B2", "a copy called sshd", BY_NAME, "cp $TRICKS $T/sshd; $T/sshd open /etc/shadow"),
    Evasion("B2", "a link called sshd", BY_NAME, "ln -s $TRICKS $T/sshd; $T/sshd open /etc/shadow"),
    Evasion("B2", "prctl(PR_SET_NAME)", BY_NAME, "$TRICKS read-named sshd /etc/shadow"),
    Evasion("B2", "/proc/self/comm written", BY_NAME, "$TRICKS read-written sshd /etc/shadow"),
    Evasion(
        "B2",
        "a script called sshd",
        BY_NAME,
        "printf '#!/bin/sh\\nread x < /etc/shadow\\n' > $T/sshd; chmod +x $T/sshd; $T/sshd",
    ),
    # B3: false ancestors.
    Evasion(
        "B3",
        "a script called passwd",
        BY_PARENT,
        "printf '#!/bin/sh\\n$TRUE spoil\\n:\\n' > $T/passwd; chmod +x $T/passwd; $T/passwd",
    ),
    Evasion("B3", "a parent that renames itself", BY_PARENT, "$TRICKS named passwd $TRUE spoil"),
    Evasion("B3", "an ancestor that renames itself", BY_ANCESTOR, "$TRICKS named passwd $TRICKS orphan $TRUE spoil"),
    Evasion(
        "B3", "an ancestor through a link", BY_ANCESTOR, "ln -s /bin/sh $T/cron; $T/cron -c '$TRUE spoil; :'", HOST
    ),
    # B4: run by something else.
    Evasion("B4", "given to the loader", DATA, "/lib64/ld-linux-x86-64.so.2 $SHRED --version", HOST),
    Evasion("B4", "an applet of busybox", DATA, "busybox shred --help"),
    Evasion(
        "B4",
        "an applet of a busybox by another name",
        DATA,
        'cp $(command -v busybox) $T/b; bash -c "exec -a busybox $T/b shred --help"',
        HOST,
    ),
    # B5: without a file.
    Evasion("B5", "a memory file", FILELESS, "$TRICKS memory $SHRED --version"),
    Evasion(
        "B5",
        "a forbidden program from a memory file",
        DATA,
        "mkfifo $T/p; timeout 1 $TRICKS memory $SHRED $T/p || :",
        HOST,
    ),
    Evasion("B5", "execveat with an empty path", DATA, "$TRICKS nameless $SHRED --version"),
    Evasion("B5", "/proc/self/fd", DATA, "$TRICKS descriptor $SHRED --version"),
    Evasion("B5", "unlinked while it runs", BY_NAME, "cp $TRICKS $T/sshd; $T/sshd unlinked $T/sshd /etc/shadow"),
    # B7 to B10.
    Evasion("B7", "by a double fork", DATA, "$TRICKS orphan $SHRED --version"),
    Evasion(
        "B9",
        "arguments behind 100 KiB of others",
        KEYS,
        "grep $(printf '%0100000d' 0) -e 'BEGIN RSA PRIVATE' /etc/passwd || :",
        HOST,
    ),
    Evasion("B9", "a command line that is rewritten", DATA, "$TRICKS rewritten $SHRED --version"),
    Evasion("B9", "another argv[0]", DATA, 'bash -c "exec -a innocent $SHRED --version"', HOST),
    Evasion("B10", "a script on standard input", SECRET, "echo 'read x < /etc/shadow' | sh"),
    # C1: twins.
    Evasion("C1", "fchmodat2", SETUID, "touch $T/f; $TRICKS fchmodat2 $T/f"),
    Evasion("C1", "dup3", STREAMS, "$TRICKS redirect dup3", CONTAINER),
    Evasion("C1", "fcntl", STREAMS, "$TRICKS redirect fcntl", CONTAINER),
    # C2: the other ABI.
    Evasion("C2", "open with 32 bits", SECRET, "$TRICKS32 open /etc/shadow"),
    Evasion("C2", "openat2 with 32 bits", SECRET, "$TRICKS32 openat2 /etc/shadow"),
    Evasion("C2", "execve with 32 bits", DATA, "$TRICKS32 exec $SHRED --version"),
    Evasion("C2", "execveat with 32 bits", DATA, "$TRICKS32 nameless $SHRED --version"),
    Evasion("C2", "chmod with 32 bits", SETUID, "touch $T/f; $TRICKS32 chmod $T/f"),
    Evasion("C2", "connect with 32 bits", API, f"$TRICKS32 begin {API_ADDRESS} 443", CONTAINER),
    Evasion("C2", "socket with 32 bits", PACKETS, "$TRICKS32 packets", CONTAINER),
    # C3: io_uring.
    Evasion("C3", "openat by io_uring", SECRET, "$RING inline 50 openat . /etc/shadow 0 0"),
    Evasion("C3", "openat by a worker of io_uring", SECRET, "$RING async 50 openat . /etc/shadow 0 0"),
    Evasion("C3", "openat by io_uring's polling thread", SECRET, "$RING sqpoll 50 openat . /etc/shadow 0 0"),
    Evasion("C3", "openat2 by io_uring", SECRET, "$RING inline 50 openat2 . /etc/shadow 0 0"),
    Evasion(
        "C3",
        "renameat by io_uring",
        LOG,
        FILLED + "echo > $T/f; $RING inline 0 renameat . $T/f . /var/log/syslog 0",
        CONTAINER,
    ),
    Evasion("C3", "symlinkat by io_uring", SYMLINK, "$RING inline 0 symlinkat /etc/shadow . $T/l"),
    Evasion("C3", "linkat by io_uring", HARDLINK, "$RING inline 0 linkat . /etc/shadow . /etc/.$$ 0; rm /etc/.$$"),
    Evasion("C3", "connect by io_uring", API, f"$RING inline 0 connect 0x1 {API_ADDRESS} 443", CONTAINER),
    # C5: connections.
    Evasion("C5", "a connection only begun", API, f"$TRICKS begin {API_ADDRESS} 443", CONTAINER),
    Evasion("C5", "an IPv4 address as IPv6", API, f"$TRICKS mapped {API_ADDRESS} 443", CONTAINER),
    # D: the detector.
    Evasion("D2", "auditctl through a link", AUDITCTL, "ln -s $(command -v auditctl) $T/x; $T/x -R /dev/null", HOST),
    Evasion("D2", "a copy of auditctl", AUDITCTL, "cp $(command -v auditctl) $T/x; $T/x -R /dev/null", HOST),
    Evasion(
        "D5",
        "rules moved into place",
        DETECTOR,
        "mkdir -p /etc/falco; echo > $T/f; mv $T/f /etc/falco/falco_rules.yaml",
        CONTAINER,
    ),
    Evasion(
        "D6", "a name that breaks lines", SECRET, 'd=$T/$(printf \'a\\nb\\033[2J\'); ln -s /etc "$d"; cat "$d/shadow"'
    ),
)
