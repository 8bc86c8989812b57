"""`cs-cloud settings`: shows what names the deployment."""

from __future__ import annotations

import argparse

from cs_cloud.commands.options import Commands, add_command, overrides_of
from cs_cloud.settings import ResolvedSetting, resolve_settings


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
    header = ResolvedSetting("setting", "value", "from")
    rows = [header, *resolve_settings(options.settings, overrides=overrides_of(options))]
    keys = max(len(row.key) for row in rows)
    values = max(len(row.value) for row in rows)
    for row in rows:
        print(f"{row.key:{keys}}  {row.value:{values}}  {row.origin}")
