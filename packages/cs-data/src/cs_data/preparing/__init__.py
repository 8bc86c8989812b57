"""Turn an export into train, validation and test splits."""

from __future__ import annotations
