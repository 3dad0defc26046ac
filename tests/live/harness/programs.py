"""Small C programs for what a shell cannot do.

They are linked statically, so that they run in a container without libraries, and for 32 bits where asked.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

COMPILE_TIMEOUT = 120.0  # seconds


class Compiler:
    """Compiles C sources into a directory; the same source is compiled once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, source: str, name: str = "program", bits: int = 64) -> Path:
        """Compile one source text.

        Args:
            source: the C source.
            name: the file name of the program, which its processes will show as their name.
            bits: 64, or 32 for the machine's other system call table (``gcc -m32``).

        Returns:
            The program's path.

        Raises:
            AssertionError: the compiler refuses; carries what it says.
        """
        digest = hashlib.sha256(f"{bits}\n{source}".encode()).hexdigest()[:16]
        target = self._directory / digest / name
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        (target.parent / "source.c").write_text(source)
        command = [
            "gcc",
            "-static",
            "-O1",
            "-Wall",
            f"-m{bits}",
            "-o",
            str(target),
            str(target.parent / "source.c"),
            "-pthread",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_TIMEOUT)
        if answer.returncode != 0:
            raise AssertionError(f"{name} does not compile:\n{answer.stderr}")
        return target
