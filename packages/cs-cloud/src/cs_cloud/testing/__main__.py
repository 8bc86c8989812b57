"""Runs `cs_cloud.testing.cli`."""

import sys

from cs_cloud.testing.cli import main

sys.exit(main())
