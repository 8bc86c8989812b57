"""`cs-cloud builds`: lists and describes the builds of images, and shows their logs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cs_cloud.commands.options import Commands, add_command, settings_of
from cs_cloud.commands.tables import (
    age_of,
    local_time,
    print_fields,
    print_json,
    print_table,
    show,
    span,
)
from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError

if TYPE_CHECKING:
    from cs_cloud.images.builds import BuildDescription


def add(commands: Commands) -> None:
    """Add the commands."""
    text = "List and describe the builds of images in Cloud Build, and show their logs."
    parser = commands.add_parser(
        "builds", help="look after the builds of images", description=text, allow_abbrev=False
    )
    below = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = add_command(
        below,
        "list",
        _list,
        summary="list the builds",
        description="List the builds, the newest first: those of the region, and those of none.",
    )
    listing.add_argument(
        "--limit", metavar="N", type=int, default=20, help="at most so many (default: 20)"
    )
    describing = add_command(
        below,
        "describe",
        _describe,
        summary="tell all about a build",
        description="Tell all about builds, but for their substitutions, which may hold anything.",
    )
    describing.add_argument("builds", metavar="BUILD", nargs="+", help=_MEANT)
    for command in (listing, describing):
        command.add_argument("--json", action="store_true", help="for programs, not for people")
    logging = add_command(
        below, "log", _log, summary="show the log of a build", description="Show a build's log."
    )
    logging.add_argument("build", metavar="BUILD", help=_MEANT)
    logging.add_argument(
        "-f", "--follow", action="store_true", help="go on until the build has ended"
    )


_MEANT = "its id, or how that begins"


def _list(options: argparse.Namespace) -> None:
    settings = settings_of(options)
    if options.limit < 1:
        raise CloudError(f"--limit is {options.limit}, but must be 1 or more")
    from cs_cloud.google.clients import Clients
    from cs_cloud.images.builds import describe_build, list_builds

    found = list_builds(Clients(settings.project), settings, options.limit)
    builds = [describe_build(build) for build in found]
    if options.json:
        print_json(builds)
        return
    if not builds:
        print(f"no builds in {settings.project}")
        return
    now = datetime.now(UTC)
    print_table(
        ("id", "state", "age", "ran for", "images"),
        [
            (
                build.id,
                build.state,
                age_of(build.created, now),
                span(build.duration(now)),
                ", ".join(build.images),
            )
            for build in builds
        ],
    )


def _describe(options: argparse.Namespace) -> None:
    settings = settings_of(options)
    from cs_cloud.google.clients import Clients
    from cs_cloud.images.builds import describe_build, find_build

    clients = Clients(settings.project)
    found = [describe_build(find_build(clients, settings, text)) for text in options.builds]
    if options.json:
        print_json(found)
        return
    for number, build in enumerate(found):
        if number:
            print()
        print_fields(_fields(build))


def _log(options: argparse.Namespace) -> None:
    settings = settings_of(options)
    from cs_cloud.google.clients import Clients
    from cs_cloud.images.builds import find_build
    from cs_cloud.images.following import follow_build
    from cs_cloud.images.logs import BuildLog

    clients = Clients(settings.project)
    build = find_build(clients, settings, options.build)
    if options.follow:
        follow_build(clients, build, show=show)
        return
    for line in BuildLog(clients, build).all_lines():
        print(line)


def _fields(build: BuildDescription) -> Iterator[tuple[str, str]]:
    yield "build", build.id
    yield "state", build.state
    yield "error", build.error
    yield "created", local_time(build.created)
    yield "started", local_time(build.started)
    yield "ended", local_time(build.ended)
    yield "ran for", span(build.duration(datetime.now(UTC))) if build.started else ""
    yield "stopped after", format_duration(build.timeout) if build.timeout else ""
    for number, step in enumerate(build.steps):
        took = f", {format_duration(step.duration)}" if step.duration else ""
        yield f"step {number}", f"{step.name}: {step.state}{took}"
    for name, digest in build.images.items():
        yield "image", f"{name}@{digest}" if digest else f"{name} (not pushed)"
    yield "runs as", build.service_account
    yield "location", build.location
    yield "console", build.console
