"""Rules on events: the candidate index, conditions as chains of tests, output lines, explanations."""

from __future__ import annotations
