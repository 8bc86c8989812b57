"""Runs `fake_google_cloud.cli`."""

from __future__ import annotations

import sys

from fake_google_cloud.cli import main

sys.exit(main())
