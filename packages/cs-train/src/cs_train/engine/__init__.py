"""The training loop and the state that it changes; knows nothing of files about a run."""

from __future__ import annotations
