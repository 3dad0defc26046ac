"""The shape of the code: imports go downwards only, heavy packages stay where they belong, /proc has one door.

What is checked is the source text, so an import inside a function or below ``TYPE_CHECKING`` counts like any other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kernel_sources", "auditfalco")
OLDEST_PYTHON = (3, 9)
STANDARD_LIBRARY: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())  # since Python 3.10

# The parts from the bottom to the top; a part may import those below it.
LAYERS = (
    ("kernel_sources.netlink", "kernel_sources.tables", "kernel_sources.errors"),
    (
        "kernel_sources.audit",
        "kernel_sources.fanotify",
        "kernel_sources.procfs",
        "kernel_sources.connector",
        "kernel_sources.sockdiag",
        "kernel_sources.security",
    ),
    ("auditfalco.model", "auditfalco.text", "auditfalco.errors"),
    ("auditfalco.language",),
    ("auditfalco.fields",),
    ("auditfalco.ruleset",),
    ("auditfalco.normalise", "auditfalco.state"),
    ("auditfalco.engine",),
    ("auditfalco.coverage",),
    ("auditfalco.outputs",),
    ("auditfalco.agent",),
    ("auditfalco.cli", "auditfalco.watch"),
    ("auditfalco.__main__",),
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# Parts of one level do not import each other, but for these.
SIBLINGS = {
    ("kernel_sources.netlink", "kernel_sources.errors"),
    ("kernel_sources.tables", "kernel_sources.errors"),
    ("auditfalco.model", "auditfalco.errors"),
    ("auditfalco.text", "auditfalco.errors"),
    ("auditfalco.normalise", "auditfalco.state"),
    ("auditfalco.cli", "auditfalco.watch"),
}

# The only packages from outside the standard library, and where each may be imported.
FOREIGN = {
    "yaml": ("auditfalco.ruleset", "auditfalco.agent"),
    "rich": ("auditfalco.cli", "auditfalco.watch"),
    "pyfanotify": ("kernel_sources.fanotify",),
    "psutil": ("kernel_sources.procfs", "auditfalco.state", "auditfalco.agent", "auditfalco.cli", "auditfalco.watch"),
    "audit": ("kernel_sources.tables", "kernel_sources.audit"),
}

# Who may spell a path in /proc beside kernel_sources.procfs, and why.
PROC_DOOR = "kernel_sources.procfs"
PROC_EXCEPTIONS = {
    "kernel_sources.fanotify": "reads the links of its own event descriptors, and must not import its sibling procfs",
}


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str:
        """The part of the architecture that it belongs to: the first two components of its name."""
        return ".".join(self.name.split(".")[:2])

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Import:
    """One module imported by another."""

    importer: Module
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer.path}:{self.line}: {self.importer.name} imports {self.target}"


def read_modules(root: Path) -> dict[str, Module]:
    """Parse every source file of the packages below a directory, by module name."""
    modules = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = Module(name, path, ast.parse(path.read_bytes(), str(path), feature_version=OLDEST_PYTHON))
    return modules


def imports_of(module: Module, modules: dict[str, Module]) -> Iterator[Import]:
    """List what a module imports, wherever in it; ``from package import submodule`` is an import of the submodule."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.package.split(".")[: len(module.package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                submodule = f"{base}.{alias.name}"
                yield Import(module, submodule if submodule in modules else base, node.lineno)


def upward_imports(modules: dict[str, Module]) -> list[str]:
    """Find the imports between parts that do not go downwards, and the modules whose part has no layer."""
    found = []
    for module in modules.values():
        if module.name in PACKAGES:
            continue
        if module.part not in LEVEL:
            found.append(f"{module.path}: {module.part} has no layer")
            continue
        for entry in imports_of(module, modules):
            part = ".".join(entry.target.split(".")[:2])
            if part not in LEVEL or part == module.part or (module.part, part) in SIBLINGS:
                continue
            if LEVEL[part] >= LEVEL[module.part]:
                found.append(str(entry))
    return found


def import_cycles(modules: dict[str, Module]) -> list[str]:
    """Find modules that import each other, directly or around."""
    graph = {
        name: {entry.target for entry in imports_of(module, modules) if entry.target in modules}
        for name, module in modules.items()
    }
    # What imports nothing, or is imported by nothing, of what is left is on no cycle.
    while True:
        targets = {target for name in graph for target in graph[name]}
        kept = {name for name in graph if name in targets and graph[name]}
        if len(kept) == len(graph):
            return sorted(f"{name} -> {', '.join(sorted(graph[name]))}" for name in graph)
        graph = {name: graph[name] & kept for name in kept}


def foreign_imports(modules: dict[str, Module]) -> list[str]:
    """Find imports of packages that are neither the standard library's nor allowed where they stand."""
    found = []
    for module in modules.values():
        for entry in imports_of(module, modules):
            package = entry.target.split(".")[0]
            if package in PACKAGES or package in STANDARD_LIBRARY:
                continue
            if module.part not in FOREIGN.get(package, ()):
                found.append(str(entry))
    return found


def proc_paths(modules: dict[str, Module]) -> list[str]:
    """Find strings that spell a path in /proc outside its door; docstrings are free to speak of it."""
    found = []
    for module in modules.values():
        if module.part == PROC_DOOR or module.part in PROC_EXCEPTIONS:
            continue
        spoken = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and id(node) not in spoken and _is_proc_path(node.value):
                found.append(f"{module.path}:{node.lineno}: {node.value!r}")
    return found


def _is_proc_path(value: object) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and (text == "/proc" or "/proc/" in text)


@pytest.fixture(scope="module")
def modules() -> dict[str, Module]:
    return read_modules(ROOT)


def test_imports_go_downwards(modules: dict[str, Module]) -> None:
    assert upward_imports(modules) == []


def test_no_import_cycles(modules: dict[str, Module]) -> None:
    assert import_cycles(modules) == []


@pytest.mark.skipif(not STANDARD_LIBRARY, reason="this Python does not list its standard library")
def test_foreign_packages_stay_in_their_place(modules: dict[str, Module]) -> None:
    assert foreign_imports(modules) == []


def test_proc_has_one_door(modules: dict[str, Module]) -> None:
    assert proc_paths(modules) == []


def test_annotations_are_not_evaluated(modules: dict[str, Module]) -> None:
    """``X | None`` in an annotation is an error on Python 3.9 without the future import."""
    without = [
        str(module.path)
        for module in modules.values()
        if module.tree.body[1:]  # more than a docstring
        and not any(entry.target == "__future__" for entry in imports_of(module, modules))
    ]
    assert without == []


def test_runs_on_the_oldest_python() -> None:
    """No syntax, module, function or argument from after it; mypy checks the same from the types' side."""
    version = ".".join(map(str, OLDEST_PYTHON))
    vermin = str(Path(sys.executable).parent / "vermin")
    command = [vermin, f"--target={version}-", "--violations", "--no-tips", *PACKAGES]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout + answer.stderr


# The checks themselves, on a little tree that is wrong in each way.

WRONG = {
    "kernel_sources/__init__.py": "",
    "kernel_sources/errors.py": "",
    "kernel_sources/netlink.py": "from kernel_sources.errors import KernelSourceError\n",
    "kernel_sources/procfs.py": "ROOT = '/proc'\n",
    "kernel_sources/connector.py": "from kernel_sources import errors, procfs\n",
    "auditfalco/__init__.py": "",
    "auditfalco/surprise.py": "",
    "auditfalco/engine/__init__.py": "'''Reads nothing below /proc/self.'''\nSTAT = b'/proc/1/stat'\n",
    "auditfalco/engine/index.py": "def late():\n    from ..outputs import sink\n    import rich.table, json\n",
    "auditfalco/engine/walk.py": "from . import steps\n",
    "auditfalco/engine/steps.py": "from .walk import step\n",
    "auditfalco/outputs/__init__.py": "",
    "auditfalco/outputs/sink.py": "if typing.TYPE_CHECKING:\n    import auditfalco.engine.index\n",
}


@pytest.fixture
def wrong(tmp_path: Path) -> dict[str, Module]:
    for name, text in WRONG.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_modules(tmp_path)


def test_upward_imports_are_found(wrong: dict[str, Module]) -> None:
    found = [line.partition(": ")[2] for line in upward_imports(wrong)]
    assert found == [
        "kernel_sources.connector imports kernel_sources.procfs",
        "auditfalco.engine.index imports auditfalco.outputs.sink",
        "auditfalco.surprise has no layer",
    ]


def test_cycles_are_found(wrong: dict[str, Module]) -> None:
    assert import_cycles(wrong) == [
        "auditfalco.engine.index -> auditfalco.outputs.sink",
        "auditfalco.engine.steps -> auditfalco.engine.walk",
        "auditfalco.engine.walk -> auditfalco.engine.steps",
        "auditfalco.outputs.sink -> auditfalco.engine.index",
    ]


@pytest.mark.skipif(not STANDARD_LIBRARY, reason="this Python does not list its standard library")
def test_misplaced_packages_are_found(wrong: dict[str, Module]) -> None:
    found = [line.partition(": ")[2] for line in foreign_imports(wrong)]
    assert found == ["auditfalco.engine.index imports rich.table"]


def test_proc_paths_are_found(wrong: dict[str, Module]) -> None:
    assert [line.rpartition(": ")[2] for line in proc_paths(wrong)] == ["b'/proc/1/stat'"]


def test_newer_syntax_is_found(tmp_path: Path) -> None:
    (tmp_path / "auditfalco").mkdir()
    (tmp_path / "auditfalco" / "new.py").write_text("match 1:\n    case 1: pass\n")
    with pytest.raises(SyntaxError, match=r"new\.py"):
        read_modules(tmp_path)
