"""Falco's condition language: text to tree and back, operators, transformers, patterns, output templates.

Nothing here knows which fields exist: whoever checks or compiles a tree passes a function that resolves a field's name.
"""

from __future__ import annotations
