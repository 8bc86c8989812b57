from __future__ import annotations

import aiohttp
import pytest
from gcsfs.retry import ChecksumError, HttpError
from google.auth.exceptions import DefaultCredentialsError

from cs_data.remote.gcs_errors import explain, is_retryable

FORBIDDEN = OSError("Forbidden: https://storage/b/tickets\nno access")


@pytest.mark.parametrize(
    ("error", "purpose", "line"),
    [
        (FileNotFoundError(), "read", "is not there: check the address"),
        (FileNotFoundError(), "write", "cannot be written, for there is no bucket gs://tickets: c"),
        (
            HttpError({"code": 401, "message": "no"}),
            "read",
            "cannot be read without credentials (",
        ),
        (
            DefaultCredentialsError("none"),
            "write",
            "cannot be written without credentials (none)",
        ),
        (FORBIDDEN, "read", "may not be read with these credentials (no access): give their "),
        (FORBIDDEN, "write", "may not be written with these credentials (no access): give their "),
        (
            aiohttp.ClientPayloadError("cut"),
            "read",
            "cannot be reached (ClientPayloadError: cut)",
        ),
        (HttpError({"code": 503, "message": "busy"}), "read", "was tried again and again (busy, 5"),
        (ChecksumError("MD5 differs"), "write", "was tried again and again (MD5 differs): check "),
        (
            ValueError("Bad Request\nx"),
            "write",
            "cannot be written (ValueError: Bad Request x)",
        ),
    ],
    ids=str,
)
def test_a_failed_request_is_explained_in_one_line(error, purpose, line):
    explanation = explain(error, "gs://tickets/raw/small.csv", purpose)

    assert explanation.startswith(f"gs://tickets/raw/small.csv {line}")
    assert "\n" not in explanation


def test_an_emulator_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")

    explanation = explain(aiohttp.ClientPayloadError("cut"), "gs://t/o", "read")

    assert explanation.endswith(
        ": start the server at http://127.0.0.1:9, or unset STORAGE_EMULATOR_HOST"
    )


def test_reading_and_writing_need_different_roles():
    assert "Storage Object Viewer on the bucket gs://t" in explain(FORBIDDEN, "gs://t/o", "read")
    assert "Storage Object User on the bucket gs://t" in explain(FORBIDDEN, "gs://t/o", "write")


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (HttpError({"code": 429, "message": ""}), True),
        (HttpError({"code": 404, "message": ""}), False),
        (ChecksumError(), True),
        (TimeoutError(), True),
        (FORBIDDEN, False),
    ],
    ids=str,
)
def test_what_may_succeed_later_is_retryable(error, retryable):
    assert is_retryable(error) is retryable
