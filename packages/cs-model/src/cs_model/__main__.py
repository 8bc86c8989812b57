"""Run the command as `python -m cs_model`."""

from __future__ import annotations

import sys

from cs_model.cli import main

sys.exit(main())
