"""What is written and printed of a run."""

from __future__ import annotations
