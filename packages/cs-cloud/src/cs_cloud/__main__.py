"""Runs the command as `python -m cs_cloud`."""

from __future__ import annotations

import sys

from cs_cloud.cli import main

sys.exit(main())
