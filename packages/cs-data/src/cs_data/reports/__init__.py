"""What a person sees of a data set: tables on the terminal and pictures."""

from __future__ import annotations
