"""Runs the command as `python -m cs_model`."""

import sys

from cs_model.cli import main

sys.exit(main())
