"""Images and training jobs on Google Cloud: so far, the settings that name a deployment."""

from cs_cloud.errors import CloudError
from cs_cloud.settings import Settings, load_settings

__all__ = ["CloudError", "Settings", "load_settings"]
