"""The names of a deployment: from `.gcp/settings.yaml`, the variables CS_<KEY>, and flags."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from cs_cloud.errors import CloudError, nearest
from cs_cloud.secret_patterns import is_key, is_secret_name
from cs_cloud.settings_file import SETTINGS_FILE, Setting, find_settings_file, read_settings_file

_REGION = r"[a-z]+-[a-z]+\d{1,2}"
_BUCKET = r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
_NAME = r"[\w.-]{1,128}"


def _setting(pattern: str, words: str, **default: Any) -> Any:  # noqa: ANN401  as `field` itself
    """Return a field: what its value must match, and how that is said to a person."""
    return field(metadata={"pattern": pattern, "words": words}, **default)


@dataclass(frozen=True)
class Settings:
    """The settings that tell one deployment from another, each value checked for its form."""

    project: str = _setting(
        r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "a project id: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter",
    )
    region: str = _setting(_REGION, "a region such as europe-west1 (a zone is too much)")
    """Where images are kept and jobs run."""
    registry: str = _setting(
        r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
        "a repository's name: up to 63 lower-case letters, digits and hyphens",
    )
    """Artifact Registry repository of the images."""
    data_bucket: str = _setting(
        rf"{_BUCKET}(?:/\S*)?",
        "a bucket: gs:// and its name in lower-case letters, digits, `-`, `_` and `.`",
    )
    """Bucket, or folder in one, of the versioned data."""
    output_bucket: str = _setting(
        rf"{_BUCKET}/(?:\S*/)?", "a folder: gs://, the bucket's name, and `/` at the end"
    )
    """Where jobs leave their models."""
    service_account: str = _setting(
        r"[a-z0-9-]{1,63}@(?:[a-z0-9-]+\.)+gserviceaccount\.com",
        "a service account's e-mail: NAME@PROJECT.iam.gserviceaccount.com",
    )
    """The account that jobs run as."""
    wandb_entity: str = _setting(_NAME, "a team's or user's name, without spaces or slashes")
    wandb_project: str = _setting(_NAME, "a project's name, without spaces or slashes")
    """Weights & Biases project that runs are reported to."""
    wandb_secret: str = _setting(
        r"[A-Za-z0-9_-]{1,255}",
        "a secret's name: letters, digits, `_` and `-`, no path and no version",
    )
    """Secret in Secret Manager that holds the Weights & Biases key."""
    fallback_regions: str = _setting(
        rf"{_REGION}(?: *, *{_REGION})*",
        "regions such as europe-west4,us-central1 (commas between them)",
        default="",
    )
    """Where jobs run if `region` has no room; may be empty."""

    @property
    def job_regions(self) -> tuple[str, ...]:
        """Regions where jobs are started, in this order, and looked for; each once."""
        return tuple(dict.fromkeys((self.region, *split_regions(self.fallback_regions))))


_FIELDS = {field.name: field for field in fields(Settings)}
_DEFAULTS = {key: str(one.default) for key, one in _FIELDS.items() if one.default is not MISSING}
KEYS = tuple(_FIELDS)
WORDS = {key: str(field.metadata["words"]) for key, field in _FIELDS.items()}
"""What the value of each setting is, for help and errors."""


def split_regions(text: str) -> list[str]:
    """Return the regions of a text that has commas between them; none if it is empty."""
    return [part.strip() for part in text.split(",")] if text else []


def load_settings(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    """Load the settings: the file's, each replaced by the variable CS_<KEY> or by an override.

    Args:
        path: the file; by default `.gcp/settings.yaml` of this folder or the nearest one above.
        environ: the environment.
        overrides: values by key, as given by flags.

    Raises:
        CloudError: a setting is missing, unknown, malformed, or a secret.
    """
    resolved = resolve_settings(path, environ, overrides)
    return Settings(**{setting.key: setting.value for setting in resolved})


def resolve_settings(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, str] | None = None,
) -> tuple[Setting, ...]:
    """Do as `load_settings` does, but return each setting with its origin, in the order of KEYS."""
    file = path or find_settings_file(Path.cwd())
    variables = {key: f"CS_{key.upper()}" for key in KEYS}
    given = [
        *(Setting(key, text, "default") for key, text in _DEFAULTS.items()),
        *(read_settings_file(file) if file else ()),
        *(Setting(key, environ[name], name) for key, name in variables.items() if name in environ),
        *(Setting(key, text, flag_of(key)) for key, text in (overrides or {}).items()),
    ]
    for setting in given:
        _check_key(setting)
    found = {setting.key: setting for setting in given}
    for setting in found.values():
        _check_value(setting)
    if missing := [key for key in KEYS if key not in found]:
        raise CloudError(_what_is_missing(missing, file))
    return tuple(found[key] for key in KEYS)


def flag_of(key: str) -> str:
    """Return the flag that overrides a setting."""
    return f"--{key.replace('_', '-')}"


def _check_key(setting: Setting) -> None:
    key, origin = setting.key, setting.origin
    if key in KEYS:
        return
    if is_secret_name(key):
        raise CloudError(
            f"{origin}: `{key}` looks like a secret, and this file is committed; put the value into"
            " Secret Manager and its name under `wandb_secret`"
        )
    hint = nearest(key, [f"`{one}`" for one in KEYS], f"the settings are {', '.join(KEYS)}")
    raise CloudError(f"{origin}: unknown setting `{key}`; {hint}")


def _check_value(setting: Setting) -> None:
    key, text, origin = setting.key, setting.value, setting.origin
    if not text and key in _DEFAULTS:
        return
    if not text:
        raise CloudError(f"{origin}: `{key}` is empty; give it {WORDS[key]}")
    if is_key(text):  # and so is not repeated in the message
        raise CloudError(
            f"{origin}: `{key}` holds what looks like a key itself; put that into Secret Manager,"
            " and only names here; if it was committed or shared, revoke it"
        )
    if not re.fullmatch(_FIELDS[key].metadata["pattern"], text, re.ASCII):
        raise CloudError(f"{origin}: `{key}` is {text!r}, but must be {WORDS[key]}")


def _what_is_missing(missing: list[str], file: Path | None) -> str:
    keys, variable = ", ".join(missing), f"CS_{missing[0].upper()}"
    if file:
        return f"{file}: does not hold {keys}; add it there, or set {variable}"
    return (
        f"no {SETTINGS_FILE.as_posix()} in {Path.cwd()} or a folder above it, and nothing else"
        f" gives {keys}; run this inside the repository, name the file with --settings,"
        f" or set {variable}"
    )
