"""Looks, before a job is sent, at everything in the cloud that would make it fail later."""

from cs_cloud.preflight.running import preflight

__all__ = ["preflight"]
