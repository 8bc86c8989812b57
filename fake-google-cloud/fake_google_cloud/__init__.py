"""A fake Google Cloud for tests: the services that this project uses, over REST.

    with FakeCloud.ready(settings) as cloud:
        subprocess.run(["cs-cloud", …], env=os.environ | cloud.environment)

It answers official clients and gcloud, refuses what Google refuses, lets time pass when a test
advances its clock, and fails to order. `fake_google_cloud.storage` is Cloud Storage alone.
"""

from __future__ import annotations

from fake_google_cloud.calls import Request
from fake_google_cloud.clock import Clock
from fake_google_cloud.cloud import Deployment, FakeCloud
from fake_google_cloud.scripts import BuildScript, JobScript, LogLine

__all__ = ["BuildScript", "Clock", "Deployment", "FakeCloud", "JobScript", "LogLine", "Request"]
