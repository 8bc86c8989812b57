"""Runs the command as `python -m cs_cloud`."""

import sys

from cs_cloud.cli import main

sys.exit(main())
