"""What `cs-train --help` prints: usage, flags, and every key with its meaning and its value."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from cs_data.arguments import add_prepare_options
from cs_train.arguments import add_version
from cs_train.config import ConfigError, ConfigFiles, compose
from cs_train.config.explanations import unknown_key
from cs_train.config.key_reference import Key, all_keys, group_choices, section_summaries

_WIDTH = 100
_USAGE = """\
Fine-tune a classifier of support tickets.

  cs-train                                      made-up tickets, a small model, a minute
  cs-train tickets.csv                          your own tickets
  cs-train tickets.csv --label-column Queue     another column; flags take any text as it is
  cs-train tickets.csv experiment=baseline      a pretrained multilingual encoder
  cs-train training.num_epochs=10 seed=7        any key of the configuration
  cs-train -m training.batch_size=16,32         a run for each value, and a table of their scores
  cs-train compare RUN RUN                      how finished runs (their folders) differ
  cs-train --help training                      the keys of a section, or a single key
"""
_KEYS = """\
Keys, set as key=value; what is shown is the value of a run without any. Values of keys that name
something of your own (files, columns, labels, encoders) are taken as they are typed.
"""


def help_text(words: Sequence[str], files: ConfigFiles) -> str:
    """Return the help, or that about the sections, groups and keys that are named.

    Args:
        words: names, and overrides whose values are shown.
        files: a folder of configuration files beside those of this package.

    Raises:
        ConfigError: a name is not known.
    """
    names = [word for word in words if "=" not in word]
    values = asdict(compose([word for word in words if "=" in word], files=files))
    groups = group_choices(files.config_dir)
    if names:
        return "\n".join(_about(name.rstrip("."), values, groups) for name in names)
    choices = [f"  {group}={' | '.join(each)}" for group, each in groups.items()]
    sections = ["", *section_summaries()]
    return "\n".join(
        [
            _USAGE,
            _flags(),
            "Choices:",
            *choices,
            "",
            _KEYS,
            *(_section(section, values) for section in sections),
        ]
    )


def keys_as_markdown() -> str:
    """Return every key as the tables of docs/keys.md."""
    values = asdict(compose())
    lines = [
        "# Keys of the configuration",
        "",
        "What `cs-train --help` lists. Set a key as `key=value`; the value shown is the default.",
    ]
    for section in ("", *section_summaries()):
        lines += ["", f"## {section}: {section_summaries()[section]}" if section else "## The run"]
        lines += ["", "| key | value | type or choices | meaning |", "| --- | --- | --- | --- |"]
        for key in all_keys():
            if key.section == section:
                kind = ", ".join(key.choices) or key.type
                cells = (f"`{key.name}`", f"`{_value(key, values)}`", kind, key.description)
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _about(name: str, values: dict[str, Any], groups: dict[str, list[str]]) -> str:
    chosen = [f"{name}={' | '.join(groups[name])}\n"] if name in groups else []
    keys = [key for key in all_keys() if key.name == name]
    if name in section_summaries():
        return "\n".join([*chosen, _section(name, values)])
    if not chosen and not keys:
        raise ConfigError(unknown_key(name))
    return "\n".join([*chosen, *(_entry(key, values) for key in keys)])


def _flags() -> str:
    parser = argparse.ArgumentParser(
        usage=argparse.SUPPRESS,
        add_help=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=_WIDTH),
    )
    of_data = parser.add_argument_group("flags about the tickets, those of cs-data prepare")
    add_prepare_options(of_data)  # type: ignore[arg-type]
    others = parser.add_argument_group("other flags")
    others.add_argument("-m", "--multirun", action="store_true", help="a run for each value")
    others.add_argument("-c", "--cfg", choices=["job", "hydra", "all"], help="show, run nothing")
    text = "folder with YAML files of your own: DIR/experiment/mine.yaml is experiment=mine"
    others.add_argument("--config-dir", metavar="DIR", help=text)
    others.add_argument("--hydra-help", action="store_true", help="further flags of Hydra")
    add_version(others)  # type: ignore[arg-type]
    return parser.format_help()


def _section(section: str, values: dict[str, Any]) -> str:
    entries = [_entry(key, values) for key in all_keys() if key.section == section]
    title = f"{section}: {section_summaries()[section]}\n" if section else ""
    return "\n".join([*([title] if title else []), *entries])


def _entry(key: Key, values: dict[str, Any]) -> str:
    kind = " | ".join(key.choices) or key.type
    lines = textwrap.wrap(key.description, _WIDTH - 6)
    return "\n".join([f"  {key.name}={_value(key, values)}   ({kind})", *_indented(lines), ""])


def _value(key: Key, values: dict[str, Any]) -> str:
    value: Any = values
    for part in key.name.split("."):
        value = value[part]
    return _written(value)


def _indented(lines: Sequence[str]) -> Iterator[str]:
    return (f"      {line}" for line in lines)


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[{','.join(map(str, value))}]"
    return str(value)
