"""Raw files at other places: the DVC remote and the Hugging Face hub."""

from __future__ import annotations
