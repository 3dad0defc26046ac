"""`python -m auditfalco`: the command line."""

from __future__ import annotations

import sys

from auditfalco.cli import main

sys.exit(main())
