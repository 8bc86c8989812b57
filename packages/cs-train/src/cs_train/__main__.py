"""Runs the command as `python -m cs_train`."""

from __future__ import annotations

from cs_train.cli import main

main()
