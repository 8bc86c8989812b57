"""The names of a deployment: from `.gcp/settings.yaml`, the variables CS_<KEY>, and flags."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path

from cs_cloud.errors import CloudError
from cs_cloud.secret_patterns import is_key, is_secret_name
from cs_cloud.settings_file import SETTINGS_FILE, find_settings_file, read_settings_file


@dataclass(frozen=True)
class Settings:
    """Everything that tells one deployment from another, each value checked for its form."""

    project: str
    """Id of the Google Cloud project."""
    region: str
    """Region where images are kept and jobs run."""
    registry: str
    """Artifact Registry repository of the images."""
    data_bucket: str
    """Bucket, or folder in one, of the versioned data: gs://…"""
    output_bucket: str
    """Folder where jobs leave their models: gs://…/"""
    service_account: str
    """E-mail of the service account that jobs run as."""
    wandb_entity: str
    """Weights & Biases team or user."""
    wandb_project: str
    """Weights & Biases project that runs are reported to."""
    wandb_secret: str
    """Name, in Secret Manager, of the secret that holds the Weights & Biases key."""
    fallback_regions: str = ""
    """Regions, with commas between them, where jobs run if `region` has no room; may be none."""

    @property
    def job_regions(self) -> tuple[str, ...]:
        """Regions where jobs are started, in this order, and looked for; each once."""
        return tuple(dict.fromkeys((self.region, *split_regions(self.fallback_regions))))


KEYS = tuple(field.name for field in fields(Settings))
_DEFAULTS = {
    field.name: field.default for field in fields(Settings) if field.default is not MISSING
}


@dataclass(frozen=True)
class ResolvedSetting:
    """A setting's value and what gave it: `FILE:LINE`, a variable, a flag, or `default`."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True)
class _Form:
    pattern: str
    words: str


_REGION = r"[a-z]+-[a-z]+\d{1,2}"
_FORMS = {
    "project": _Form(
        r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "a project id: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter",
    ),
    "region": _Form(_REGION, "a region such as europe-west1 (a zone is too much)"),
    "registry": _Form(
        r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
        "a repository's name: up to 63 lower-case letters, digits and hyphens",
    ),
    "data_bucket": _Form(
        r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:/\S*)?",
        "a bucket: gs:// and its name in lower-case letters, digits, `-`, `_` and `.`",
    ),
    "output_bucket": _Form(
        r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/(?:\S*/)?",
        "a folder: gs://, the bucket's name, and `/` at the end",
    ),
    "service_account": _Form(
        r"[a-z0-9-]{1,63}@(?:[a-z0-9-]+\.)+gserviceaccount\.com",
        "a service account's e-mail: NAME@PROJECT.iam.gserviceaccount.com",
    ),
    "wandb_entity": _Form(r"[\w.-]{1,128}", "a team's or user's name, without spaces or slashes"),
    "wandb_project": _Form(r"[\w.-]{1,128}", "a project's name, without spaces or slashes"),
    "wandb_secret": _Form(
        r"[A-Za-z0-9_-]{1,255}",
        "a secret's name: letters, digits, `_` and `-`, no path and no version",
    ),
    "fallback_regions": _Form(
        rf"{_REGION}(?: *, *{_REGION})*",
        "regions such as europe-west4,us-central1 (commas between them)",
    ),
}


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
) -> tuple[ResolvedSetting, ...]:
    """Do as `load_settings` does, and tell of each setting, in the order of KEYS, what gave it."""
    file = path or find_settings_file(Path.cwd())
    found = {key: ResolvedSetting(key, text, "default") for key, text in _DEFAULTS.items()}
    if file:
        for key, entry in read_settings_file(file).items():
            origin = f"{file}:{entry.line}"
            _check_key(key, origin)
            found[key] = ResolvedSetting(key, entry.text, origin)
    for key in KEYS:
        if (text := environ.get(f"CS_{key.upper()}")) is not None:
            found[key] = ResolvedSetting(key, text, f"CS_{key.upper()}")
    for key, text in (overrides or {}).items():
        origin = f"--{key.replace('_', '-')}"
        _check_key(key, origin)
        found[key] = ResolvedSetting(key, text, origin)
    for setting in found.values():
        _check_value(setting)
    if missing := [key for key in KEYS if key not in found]:
        raise CloudError(_what_is_missing(missing, file))
    return tuple(found[key] for key in KEYS)


def _check_key(key: str, origin: str) -> None:
    if key in KEYS:
        return
    if is_secret_name(key):
        raise CloudError(
            f"{origin}: `{key}` looks like a secret, and this file is committed; put the value into"
            " Secret Manager and its name under `wandb_secret`"
        )
    near = get_close_matches(key.lower(), KEYS, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"the settings are {', '.join(KEYS)}"
    raise CloudError(f"{origin}: unknown setting `{key}`; {hint}")


def _check_value(setting: ResolvedSetting) -> None:
    key, text, origin = setting.key, setting.value, setting.origin
    if not text and key in _DEFAULTS:
        return
    if not text:
        raise CloudError(f"{origin}: `{key}` is empty; give it {_FORMS[key].words}")
    if is_key(text):  # and so is not repeated in the message
        raise CloudError(
            f"{origin}: `{key}` holds what looks like a key itself; put that into Secret Manager,"
            " and only names here; if it was committed or shared, revoke it"
        )
    if not re.fullmatch(_FORMS[key].pattern, text, re.ASCII):
        raise CloudError(f"{origin}: `{key}` is {text!r}, but must be {_FORMS[key].words}")


def _what_is_missing(missing: list[str], file: Path | None) -> str:
    keys = ", ".join(missing)
    if file:
        return f"{file}: does not hold {keys}; add it there, or set CS_{missing[0].upper()}"
    return (
        f"no {SETTINGS_FILE.as_posix()} in {Path.cwd()} or a folder above it, and nothing else"
        f" gives {keys}; run this inside the repository, name the file with --settings,"
        f" or set CS_{missing[0].upper()}"
    )
