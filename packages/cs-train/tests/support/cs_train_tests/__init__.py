"""What the tests of cs-train share."""

from __future__ import annotations
