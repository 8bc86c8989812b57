"""Runs `cs_cloud.testing.cli`."""

from __future__ import annotations

import sys

from cs_cloud.testing.cli import main

sys.exit(main())
