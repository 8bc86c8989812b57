"""Looks, before a job is sent, at everything in the cloud that would make it fail later."""

from __future__ import annotations

from cs_cloud.preflight.running import preflight

__all__ = ["preflight"]
