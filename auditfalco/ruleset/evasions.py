"""Conditions that whoever they are about can slip past: a twin of a listed call, a name that is everybody's to take.

Source of the twins: the kernel's system call tables; calls that do the same act, or the same to an open file.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.language.tree import And, Check, FieldUse, Literal, LiteralList, Node, Not, Or, checks, children, fields
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.ruleset.rule import Rule
from auditfalco.ruleset.traps import Trap

TWINS: tuple[tuple[str, ...], ...] = (
    ("execve", "execveat"),
    ("open", "openat", "openat2", "creat", "open_by_handle_at"),
    ("rename", "renameat", "renameat2"),
    ("link", "linkat"),
    ("symlink", "symlinkat"),
    ("unlink", "unlinkat"),
    ("rmdir", "unlinkat"),
    ("mkdir", "mkdirat"),
    ("mknod", "mknodat"),
    ("chmod", "fchmod", "fchmodat", "fchmodat2"),
    ("chown", "lchown", "fchown", "fchownat"),
    ("truncate", "ftruncate"),
    ("init_module", "finit_module"),
    ("kexec_load", "kexec_file_load"),
    ("setuid", "setreuid", "setresuid"),
    ("setgid", "setregid", "setresgid"),
    ("dup2", "dup3"),
    ("accept", "accept4"),
    ("umount", "umount2"),
    ("mount", "move_mount"),
    ("sendto", "sendmsg", "sendmmsg"),
    ("recvfrom", "recvmsg", "recvmmsg"),
    ("memfd_create", "memfd_secret"),
    ("process_vm_readv", "ptrace"),
    ("process_vm_writev", "ptrace"),
    ("clone", "clone3", "fork", "vfork"),
    ("setxattr", "lsetxattr", "fsetxattr"),
    ("removexattr", "lremovexattr", "fremovexattr"),
    ("pipe", "pipe2"),
    ("eventfd", "eventfd2"),
    ("signalfd", "signalfd4"),
    ("inotify_init", "inotify_init1"),
    ("preadv", "preadv2"),
    ("pwritev", "pwritev2"),
)
"""Event types that do the same act, each group in the order in which they are suggested."""

_OF_THEIR_OWN = frozenset({"open_by_handle_at"})
"""Calls that a rule may be about for what is special in them, here that no name is passed and no directory asked."""

_CHOSEN = frozenset(
    (
        *("proc.name", "proc.pname", "proc.aname", "proc.sname", "proc.pgid.name", "proc.vpgid.name"),
        *("proc.cmdline", "proc.pcmdline", "proc.acmdline", "proc.args", "proc.aargs", "proc.exeline"),
        *("proc.exe", "proc.pexe", "proc.aexe", "proc.sid.exe", "proc.pgid.exe", "proc.vpgid.exe"),
        *("proc.env", "proc.aenv", "proc.cwd"),
        *("container.name", "container.image", "container.image.repository", "container.image.tag"),
    )
)
"""Fields whose values are for whoever starts the program, or the container, to choose."""

_OF_TYPES = ("evt.type", "syscall.type")


def missing_twins(rule: Rule) -> Iterator[Trap]:
    """Event types that a rule does not name although it names others that do the same, told where these are named."""
    if rule.events.all_but or rule.source != "syscall":
        return
    known = rule.events.known_names()
    for check in checks(rule.condition):
        named = _types_named(check)
        for group in TWINS:
            lacking = [name for name in group if name not in known and name in EVENT_TYPES_BY_NAME]
            if lacking and _asks_for(group, named):
                verb = "does" if len(lacking) == 1 else "do"
                message = f"{', '.join(sorted(named & set(group)))} without {', '.join(lacking)}, which {verb} the same"
                yield Trap("missing-twin", message, f"add {', '.join(lacking)} to the event types", check.place)


def _asks_for(group: tuple[str, ...], named: set[str]) -> bool:
    """Whether a list is about a group's act; a call that is in several groups (unlinkat) stands for none alone."""
    shared = {name for name in group if sum(name in other for other in TWINS) > 1}
    return bool(named & (set(group) - shared - _OF_THEIR_OWN))


def _types_named(check: Check) -> set[str]:
    use = check.left
    if not isinstance(use, FieldUse) or use.name not in _OF_TYPES or check.operator not in ("=", "==", "in"):
        return set()
    if isinstance(check.right, Literal):
        return {check.right.text}
    return set(check.right.items) if isinstance(check.right, LiteralList) else set()


def chosen_exclusions(rule: Rule) -> Iterator[Trap]:
    """Exclusions that ask for nothing but names that whoever is to be detected can choose."""
    for check in _weak_exclusions(rule.condition):
        names = ", ".join(dict.fromkeys(str(use) for use in fields(check.left)))
        yield Trap(
            "name-only-exclusion",
            f"whoever takes such a name is excluded: {names} is for everybody to choose",
            "ask for something beside it that is not, such as proc.exepath, user.uid or the parent's proc.pexepath",
            check.place,
        )


def _weak_exclusions(root: Node) -> list[Check]:
    found: list[Check] = []
    pending: list[tuple[Node, bool]] = [(root, False)]
    while pending:
        node, excludes = pending.pop()
        if isinstance(node, Check):
            if _is_weak(node) and excludes is not (node.operator == "!="):
                found.append(node)
        elif isinstance(node, Not):
            pending.append((node.child, not excludes))
        elif excludes and isinstance(node, And):
            if all(_is_weak(child) for child in node.children):
                pending.extend((child, True) for child in node.children)
        else:
            pending.extend((child, excludes) for child in children(node))
    return found


def _is_weak(node: Node) -> bool:
    """Whether somebody can fulfil a condition by choosing names alone. An empty list is fulfilled by nobody."""
    if isinstance(node, Check):
        if isinstance(node.right, LiteralList) and not node.right.items:
            return False
        uses = fields(node.left)
        return bool(uses) and node.operator != "exists" and all(use.name in _CHOSEN for use in uses)
    if isinstance(node, Or):
        return any(_is_weak(child) for child in node.children)
    if isinstance(node, And):
        return all(_is_weak(child) for child in node.children)
    return False
