"""Runs the command as `python -m cs_train`."""

from cs_train.cli import main

main()
