"""Raw files at other places: the DVC remote and the Hugging Face hub."""

from __future__ import annotations

import os

# gcsfs reads this when it is imported. Asking of what kind a bucket is takes one more request and
# one more permission.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
