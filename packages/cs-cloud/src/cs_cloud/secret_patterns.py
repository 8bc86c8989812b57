"""Recognize a secret that somebody is about to write where others can read it."""

from __future__ import annotations

import re

REFERENCE_SCHEME = "sm://"
"""What the name of a secret begins with, where a variable could hold its value."""
SECRET_FORM = f"{REFERENCE_SCHEME}projects/PROJECT/secrets/NAME/versions/VERSION"
SECRET_REFERENCE = re.compile(
    r"sm://projects/[a-z0-9.:-]+/secrets/[\w-]{1,255}/versions/[\w-]+", re.ASCII
)
"""A secret by its name: the job's container resolves it when it starts."""

# `tokens` alone are what a text is cut into, as in max_tokens.
_WORDS = re.compile(
    r"(?:keys?|token|(?:^|api_|access_|auth_)tokens|passwords?|passphrases?|passwd|secrets?"
    r"|credentials?)(?![a-z])",
    re.IGNORECASE,
)
# What the keys of Weights & Biases, Google, service accounts, GitHub and Hugging Face look like.
_KEY = (
    r"[0-9a-fA-F]{40,}|wandb_v\d_\w+|AIza[\w-]{30,}|ya29\.\S+|.*PRIVATE KEY.*"
    r"|gh[pousr]_\w{30,}|github_pat_\w{30,}|hf_\w{30,}"
)
_WHOLE = re.compile(_KEY, re.DOTALL)
_WITHIN = re.compile(
    rf"(?<!sha256:)(?<!revision=)(?<![0-9A-Za-z_])(?:{_KEY})(?![0-9A-Za-z_])", re.DOTALL
)


def is_secret_name(name: str) -> bool:
    """Return whether a name is that of a secret: WANDB_API_KEY is, max_tokens is not."""
    return bool(_WORDS.search(name))


def is_key(text: str) -> bool:
    """Return whether a complete text looks like a key."""
    return bool(_WHOLE.fullmatch(text))


def holds_key(text: str) -> bool:
    """Return whether a text holds a key, as `wandb.key=…` does; digests and revisions are none."""
    return bool(_WITHIN.search(text))
