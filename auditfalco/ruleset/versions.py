"""Version requirements of rule files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SEMVER = re.compile(
    r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)
_INTEGER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, order=True)
class Version:
    """A semantic version; what follows a hyphen or plus does not count."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        """Return ``major.minor.patch``."""
        return f"{self.major}.{self.minor}.{self.patch}"


NO_VERSION = Version(0, 0, 0)
# The version of Falco's rule engine whose rules this package understands (Falco 0.44).
ENGINE_VERSION = Version(0, 63, 0)


def parse_version(text: str) -> Version | None:
    """Return a version written as ``x.y.z``, None if it is written in any other way."""
    match = _SEMVER.fullmatch(text)
    return Version(*(int(part) for part in match.groups()[:3])) if match else None


def parse_engine_version(text: str) -> Version | None:
    """Return a required engine version: ``x.y.z``, or N for 0.N.0."""
    return Version(0, int(text), 0) if _INTEGER.fullmatch(text) else parse_version(text)


@dataclass(frozen=True)
class PluginVersion:
    """A plugin, and the version that it must have at least; the major version must be the same."""

    name: str
    version: Version

    def __str__(self) -> str:
        """Return ``name (>= version)``."""
        return f"{self.name} (>= {self.version})"

    def satisfied_by(self, plugins: Mapping[str, Version]) -> bool:
        """Tell whether the plugin is there in a version that will do."""
        have = plugins.get(self.name)
        return have is not None and have.major == self.version.major and have >= self.version


@dataclass(frozen=True)
class PluginRequirement:
    """Plugins of which one must be there."""

    alternatives: tuple[PluginVersion, ...]

    def __str__(self) -> str:
        """Return the alternatives, joined by commas."""
        return ", ".join(str(alternative) for alternative in self.alternatives)


def unsatisfied(requirements: Iterable[PluginRequirement], plugins: Mapping[str, Version]) -> PluginRequirement | None:
    """Return the first requirement that none of the plugins meets, or None."""
    for requirement in requirements:
        if not any(alternative.satisfied_by(plugins) for alternative in requirement.alternatives):
            return requirement
    return None
