from __future__ import annotations

import logging

import pytest

from cs_cloud import CloudError, Settings
from cs_cloud.secrets import resolve_secrets
from fake_google_cloud import FakeCloud

REFERENCE = "sm://projects/my-project-1/secrets/WANDB_API_KEY/versions/latest"


def test_nothing_is_asked_where_no_secret_is_named():
    environ = {"CS_CLOUD_ENDPOINT": "http://127.0.0.1:9", "PLAIN": "projects/p/secrets/s"}

    assert resolve_secrets(environ) == environ


def test_debug_logs_are_off_while_answers_come_in_and_on_again_after(
    settings: Settings, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    heard = logging.getLogger("google.cloud.secretmanager_v1").isEnabledFor
    enabled = []

    with FakeCloud.ready(settings) as cloud:
        cloud.before_each.append(lambda: enabled.append(heard(logging.DEBUG)))
        found = resolve_secrets(cloud.environment | {"KEY": REFERENCE})

    assert found["KEY"] == "not-a-real-key"
    assert enabled == [False]
    assert heard(logging.DEBUG)
    assert "Received response" not in caplog.text


@pytest.mark.parametrize(
    "malformed",
    [
        "sm://",
        "sm://WANDB_API_KEY",
        "sm://projects/p/secrets/s",
        "sm://projects/p/secrets/s/versions/",
        f"{REFERENCE}\n",
        f"{REFERENCE}:access",
        "sm://projects/p/secrets/../versions/1",
    ],
)
def test_a_malformed_name_is_reported_by_its_variable_alone(malformed: str):
    with pytest.raises(CloudError) as caught:
        resolve_secrets({"KEY": malformed})

    assert str(caught.value) == (
        "KEY names a secret, but not in the form"
        " sm://projects/PROJECT/secrets/NAME/versions/VERSION"
    )
