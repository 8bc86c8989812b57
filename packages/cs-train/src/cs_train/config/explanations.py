"""Puts what Hydra, omegaconf and YAML raise about a configuration into one line for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import yaml
from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from cs_train.config.datasets import GROUP
from cs_train.config.key_reference import all_keys, group_choices, known_keys, nearest_key
from cs_train.config.own_files import place_of, undecodable
from cs_train.errors import ConfigError

_MAX_REASON = 160  # characters: omegaconf may quote a section in full
# What Hydra raises, beside its own errors, for files whose content it does not expect.
_UNEXPECTED = (
    AssertionError,
    AttributeError,
    KeyError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UserWarning,
    ValueError,
)


@contextmanager
def hydra_errors(config_dir: Path | None = None) -> Iterator[None]:
    """Turn what Hydra, omegaconf and YAML raise into a ConfigError of one line.

    Args:
        config_dir: a folder of configuration files beside those of this package.
    """
    try:
        yield
    except HydraException as error:
        raise ConfigError(_explain(error, config_dir)) from error
    except OmegaConfBaseException as error:
        raise ConfigError(_explain_value(error)) from error
    except yaml.YAMLError as error:
        raise ConfigError(_explain_yaml(error)) from error


@contextmanager
def configuration_errors(config_dir: Path | None = None) -> Iterator[None]:
    """Turn whatever composing a configuration raises into a ConfigError of one line."""
    try:
        with hydra_errors(config_dir):
            yield
    except _UNEXPECTED as error:
        raise ConfigError(_explain_unexpected(error, config_dir)) from error


def unknown_key(key: str) -> str:
    """Return the sentence about a key that there is not."""
    near = nearest_key(key)
    hint = f"did you mean {near}?" if near else "cs-train --help shows all keys"
    return f"there is no key {key}; {hint}"


def _explain(error: HydraException, config_dir: Path | None) -> str:
    """Return an error of Hydra, whose message has several lines, as one line."""
    if isinstance(error, OverrideParseException):
        return unreadable(error.override)
    text, cause = str(error), error.__cause__
    file = _file_of(text, config_dir)
    explained = _explain_choice(text, file) or _explain_file(text, file)
    if explained is not None:
        return explained
    if "does not support sweep type" in text:
        return "an interval has no end of values: name those to try, separated by commas"
    if unknown := re.search(r"Could not (?:override|delete from config\.) '([^']*)'", text):
        return unknown_key(getattr(cause, "full_key", None) or unknown[1])
    if isinstance(cause, OmegaConfBaseException):
        return _explain_value(cause)
    return " ".join(text.partition("\n\n")[0].split())


def _explain_choice(text: str, file: Path | None) -> str | None:
    """Return what is wrong about the choice of a group or about several values, None if neither."""
    if missing := re.search(r"Could not (?:find|load) '([\w/]+)/(.*)'", text):
        group, choice = missing.groups()
        choices = re.findall(r"^\t([\w-]+)$", text, re.MULTILINE)
        return no_choice(group, choice, choices)
    if several := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '(.*)'", text):
        return f"{several[1]} is ambiguous: give one value, or add -m for a run per value"
    if twice := re.search(r"Multiple values for ([\w/@]+)\.", text):
        group = twice[1]
        return (
            f"{group} is chosen twice: write {group}=NAME without a +, and in a file of your own "
            f"`- override /{group}: NAME`"
        )
    if unmatched := re.search(r"Could not override '([^']*)'\. No match", text):
        group = unmatched[1].partition("@")[0].rpartition("/")[2]
        if group in group_choices():
            return f"{_at(group, file)}a group of another folder needs a slash: override /{group}"
        return _at(f"/{group}", file) + unknown_key(group)
    return None


def _explain_file(text: str, file: Path | None) -> str | None:
    """Return what is wrong in a file that was read, None if the message is not about one."""
    found = re.search(r"raised while composing config:\n(.*)\n\s+full_key: (\S+)", text)
    if found is None:
        return None
    reason, key = found.groups()
    if file and key in (file.parent.name, "_globl_"):
        return (
            f"{file}: its first line must be `# @package _global_`, or its keys are taken for "
            f"those of {file.parent.name}"
        )
    return _at(key, file) + _explain_reason(reason, key)


def _explain_unexpected(error: Exception, config_dir: Path | None) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, KeyError):
        text = f"there is no {text}"
    if config_dir is None:
        return f"the configuration cannot be composed: {text}"
    if isinstance(error, UnicodeDecodeError):
        return f"{undecodable(config_dir)} is not encoded in UTF-8: save it as UTF-8"
    if isinstance(error, RecursionError):
        text = "the defaults of a file name the file itself, or one that names it in turn"
    return f"{_file_of(text, config_dir) or config_dir}: {text}"


def _at(key: str, file: Path | None) -> str:
    """Return a file, and the line of a key in it, to be put in front of a message."""
    return (place_of(key, [file]) or f"{file}: ") if file else ""


def no_choice(group: str, name: str, choices: Sequence[str]) -> str:
    """Return the sentence about a choice of a group that there is not."""
    text = f"{group}={name}: there is no such {group}; {_nearest(name, choices)}"
    if group == GROUP:
        text += " (cs-data publish NAME FILE, or a file in data/raw, makes one more)"
    return text


def unreadable(override: str) -> str:
    """Return the sentence about an override that is none."""
    key, equals, value = override.partition("=")
    name = key.lstrip("+~").strip()
    if not equals or not name:
        return (
            f"cannot read {override!r}: it is no file, so write key=value; "
            "cs-train --help shows the keys"
        )
    if name not in (*known_keys(), *group_choices()) and not name.startswith("hydra"):
        return unknown_key(name)
    return f"cannot read {override!r}: {value!r} is no value of {name}; see cs-train --help {name}"


def _explain_value(error: OmegaConfBaseException) -> str:
    return _explain_reason(str(error).partition("\n")[0], str(error.full_key))


def _explain_reason(reason: str, key: str) -> str:
    """Return what omegaconf says about the value of a key in plain words."""
    if re.search(r"Key '.*' not in|Key .* is not in struct", reason):
        return unknown_key(key)
    if "mandatory value" in reason:
        return f"{key} is ???, which stands for a value still to be given: set {key}=VALUE"
    if "nterpolation" in reason or "${" in reason:
        return f"{key} refers to what cannot be found: {reason[:_MAX_REASON]}"
    if "deletion" in reason:
        return f"{key} cannot be removed: set it to another value, {key}=VALUE"
    return _explain_type(reason, key)


def _explain_type(reason: str, key: str) -> str:
    type_of = {each.name: each.type for each in all_keys()}
    if any(name.startswith(f"{key}.") for name in type_of):
        return f"{key} is a section, not a key: see cs-train --help {key}"
    if key not in type_of:
        return f"{key} is not valid: {reason}"
    found = re.search(r"Value '(.*)' (?:of type|is not)", reason)
    given = f", got {found[1]!r}" if found else ""
    given = ", got null" if "Optional" in reason or "'None'" in reason else given
    return f"{key} must be {type_of[key]}{given}"


def _explain_yaml(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    reason = problem or " ".join(str(error).split())
    if "'\\t'" in reason:
        reason = "a tab cannot indent a line: use blanks"
    if mark is None:
        return f"a configuration file is not valid YAML: {reason}"
    return f"{mark.name}, line {mark.line + 1}: {reason}"


def _file_of(text: str, config_dir: Path | None) -> Path | None:
    """Return the file of a folder that a message of Hydra names."""
    found = re.search(r"[Ii]n '?([\w/.-]+[\w-])'?", text)
    if not found or not config_dir:
        return None
    file = config_dir / f"{found[1]}.yaml"
    return file if file.is_file() else None


def _nearest(wrong: str, choices: Sequence[str]) -> str:
    near = get_close_matches(wrong, choices, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return f"choose {', '.join(choices)}" if choices else "there are no files for it"
