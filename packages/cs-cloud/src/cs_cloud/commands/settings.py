"""`cs-cloud settings`: shows the settings of the deployment."""

from __future__ import annotations

import argparse

from cs_cloud.commands.options import Commands, add_command, overrides_of
from cs_cloud.settings import resolve_settings


def add(commands: Commands) -> None:
    """Add the command."""
    add_command(
        commands,
        "settings",
        _run,
        summary="show the settings and where each comes from",
        description="Show the settings and where each comes from: the file .gcp/settings.yaml,"
        " then the variable CS_<KEY>, then a flag --<key> of any command; the later goes before"
        " the earlier.",
    )


def _run(options: argparse.Namespace) -> None:
    settings = resolve_settings(options.settings, overrides=overrides_of(options))
    rows = [("setting", "value", "from"), *settings]
    keys, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for key, value, origin in rows:
        print(f"{key:{keys}}  {value:{values}}  {origin}")
