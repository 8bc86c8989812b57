from __future__ import annotations

import pytest

from cs_cloud.secret_patterns import SECRET_REFERENCE, holds_key, is_key, is_secret_name

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "name",
    ["WANDB_API_KEY", "apiKey", "HF_TOKEN", "db_password", "SECRET_1", "AWS_CREDENTIALS_FILE"],
)
def test_the_names_of_secrets_are_known(name: str):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["TOKENIZERS_PARALLELISM", "max_tokens", "keyboard", "ENTITY"])
def test_other_names_are_left_alone(name: str):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "key",
    [
        HEX[:40],
        "wandb_v1_abcDEF",
        "AIza" + "x" * 35,
        "ya29.abc",
        "ghp_" + "a" * 36,
        "hf_" + "a" * 34,
        "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n",  # pragma: allowlist secret
    ],
)
def test_keys_are_known_alone_and_inside_a_text(key: str):
    assert is_key(key)
    assert holds_key(f"wandb.key={key}")


@pytest.mark.parametrize(
    "text", ["experiment=best", f"image@sha256:{HEX}", "d41d8cd98f00b204e9800998ecf8427e"]
)
def test_digests_of_images_and_data_and_plain_words_are_no_keys(text: str):
    assert not holds_key(text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("sm://projects/my-project-1/secrets/A_KEY/versions/latest", True),
        ("sm://projects/12345/secrets/a/versions/7", True),
        ("sm://projects/p/secrets/a", False),
        ("projects/p/secrets/a/versions/1", False),
        ("sm://projects/p/secrets/a/b/versions/1", False),
    ],
)
def test_a_secrets_reference_has_one_form(text: str, right: bool):  # noqa: FBT001
    assert bool(SECRET_REFERENCE.fullmatch(text)) == right
