"""The storm of processes of programs/storm.c: its programs, its truth, and what alerts must say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness.agent import Alert
from harness.programs import Compiler

SOURCE = Path(__file__).resolve().parent.parent / "programs" / "storm.c"
ACT = "int main(void) { return 0; }"
PROGRAMS = ("storm", "a", "b", "m", "act")
SHARED_BYTES = 16 << 20
LEVELS, TOLD_LEVELS = 6, 4

KINDS = (
    *("plain", "no-exec", "early", "early-no-exec", "leaf-orphan", "subreaper", "exec-before", "exec-after", "vfork"),
    *("parent-leaf", "thread-fork", "leader-gone", "thread-exec", "renamed", "rename-after", "rename-before"),
    *("grandparent", "", "parent-middle"),
)
"""What is special about a family, by the numbers of the enum in storm.c."""


class Ancestor(NamedTuple):
    """A process as it was at the marked exec."""

    pid: int
    name: str
    command_line: str
    exe_path: str


@dataclass(frozen=True)
class Family:
    """The truth about one marked exec."""

    number: int
    kind: str
    pid: int
    chain: tuple[Ancestor, ...]


def rules() -> str:
    """A rule on the marked execs, whose output has every field that is compared."""
    fields = ["proc.args", "proc.pid"]
    fields += [f"proc.{name}[{level}]" for name in ("apid", "aname") for level in range(1, LEVELS + 1)]
    fields += [f"proc.{name}[{level}]" for name in ("acmdline", "aexepath") for level in range(1, TOLD_LEVELS + 1)]
    output = " ".join(f"%{field}" for field in fields)
    return (
        "- rule: Marked exec\n  desc: the last of a family\n  priority: NOTICE\n"
        "  condition: evt.type in (execve, execveat) and proc.name = act\n"
        f"  output: a marked exec {output}\n"
    )


def build(compile_c: Compiler, directory: Path) -> None:
    """Put the programs and the shared file into a directory."""
    storm, act = compile_c(SOURCE.read_text(), "storm"), compile_c(ACT, "act")
    for name in PROGRAMS:
        target = directory / name
        target.write_bytes((act if name == "act" else storm).read_bytes())
        target.chmod(0o755)
    with (directory / "shared").open("wb") as shared:
        shared.truncate(SHARED_BYTES)


def truth(path: Path, above: Iterable[Ancestor]) -> dict[int, Family]:
    """Read what the storm wrote down, by family; `above` are the ancestors of the storm itself."""
    families = {}
    for line in path.read_text().splitlines():
        number, kind, pid, *rest = line.split("\t")
        chain = [
            Ancestor(int(rest[at]), rest[at + 1], f"{rest[at + 1]} {rest[at + 2]}", rest[at + 3])
            for at in range(0, len(rest), 4)
        ]
        families[int(number)] = Family(int(number), KINDS[int(kind)], int(pid), (*chain, *above))
    return families


@dataclass
class Verdict:
    """What comparing came to.

    Attributes:
        wrong: one line for each value that is not the truth's.
        absent: families of which a value is missing, by kind.
        unseen: families without an alert, by kind.
    """

    wrong: list[str]
    absent: Counter[str]
    unseen: Counter[str]
    families: int

    @property
    def absent_share(self) -> float:
        """The share of families of which something is missing."""
        return (sum(self.absent.values()) + sum(self.unseen.values())) / max(self.families, 1)

    def __str__(self) -> str:
        wrong = "\n".join(self.wrong[:40])
        return (
            f"{self.families} families, {len(self.wrong)} values wrong, unseen {dict(self.unseen)},"
            f" absent {dict(self.absent)} ({self.absent_share:.2%})\n{wrong}"
        )


def judge(families: dict[int, Family], alerts: Iterable[Alert]) -> Verdict:
    """Compare every alert with the truth about its family."""
    verdict = Verdict([], Counter(), Counter(), len(families))
    seen = set()
    for alert in alerts:
        told = alert["output_fields"]
        family = families[int(told["proc.args"].partition("-")[2])]
        seen.add(family.number)
        missing = False
        for field, expected in _expected(family).items():
            if told.get(field) is None:
                missing = True
            elif told[field] != expected:
                verdict.wrong.append(f"{family.kind} {family.number}: {field} is {told[field]!r}, was {expected!r}")
        verdict.absent[family.kind] += missing
    verdict.absent = +verdict.absent
    verdict.unseen = Counter(family.kind for number, family in families.items() if number not in seen)
    return verdict


def _expected(family: Family) -> dict[str, int | str]:
    fields: dict[str, int | str] = {"proc.pid": family.pid}
    for level, ancestor in enumerate(family.chain[:LEVELS], start=1):
        fields[f"proc.apid[{level}]"] = ancestor.pid
        fields[f"proc.aname[{level}]"] = ancestor.name
        if level <= TOLD_LEVELS:
            fields[f"proc.acmdline[{level}]"] = ancestor.command_line
            fields[f"proc.aexepath[{level}]"] = ancestor.exe_path
    return fields
