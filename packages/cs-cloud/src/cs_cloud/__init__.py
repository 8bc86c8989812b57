"""Images and training jobs on Google Cloud; for other programs: the names of a deployment."""

from __future__ import annotations

from cs_cloud.errors import CloudError
from cs_cloud.settings import Settings, load_settings

__all__ = ["CloudError", "Settings", "load_settings"]
