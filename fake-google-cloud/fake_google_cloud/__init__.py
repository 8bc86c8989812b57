"""A fake Google Cloud for tests: the services that this system uses, over REST and gRPC.

    with FakeCloud.ready(settings) as cloud:
        subprocess.run(["cs-cloud", …], env=os.environ | cloud.environment)

It answers official clients and gcloud, refuses what Google refuses, lets time pass when it is told
to, and goes wrong to order.
"""

from __future__ import annotations

from fake_google_cloud.clock import Clock
from fake_google_cloud.cloud import FakeCloud
from fake_google_cloud.dispatch import Request
from fake_google_cloud.scripts import BuildScript, JobScript, LogLine

__all__ = ["BuildScript", "Clock", "FakeCloud", "JobScript", "LogLine", "Request"]
