"""`cs-cloud builds`: lists and describes the builds of images, and shows their logs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cs_cloud.commands.options import (
    Commands,
    add_command,
    add_count,
    add_flag,
    add_json,
    settings_of,
)
from cs_cloud.commands.tables import local_time, print_details, print_table, show, span
from cs_cloud.durations import format_duration
from cs_cloud.google.clients import Clients

if TYPE_CHECKING:
    from cs_cloud.images.cloud_builds import BuildDescription, Builds

_BUILD = "its id, or how that begins"


def add(commands: Commands) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "builds",
        help="list the builds of images, and show their logs",
        description="List and describe the builds of images in Cloud Build, and show their logs.",
        allow_abbrev=False,
    )
    below = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = add_command(below, "list", _list, "list the builds")
    add_count(listing, "--limit", "at most so many (default: 20)", 20)
    add_json(listing)
    describing = add_command(below, "describe", _describe, "show all about a build")
    describing.add_argument("builds", metavar="BUILD", nargs="+", help=_BUILD)
    add_json(describing)
    logging = add_command(below, "log", _log, "show the log of a build")
    logging.add_argument("builds", metavar="BUILD", nargs=1, help=_BUILD)
    add_flag(logging, "-f", "--follow", help="go on until the build has ended")


def _builds_of(options: argparse.Namespace) -> Builds:
    settings = settings_of(options)
    from cs_cloud.images.cloud_builds import Builds

    # `gcloud builds submit` without a region makes builds that belong to none
    return Builds(Clients(settings.project), (settings.region, "global"))


def _list(options: argparse.Namespace) -> None:
    """List the builds, the newest first: those of the region, and those of none."""
    builds = _builds_of(options)
    from cs_cloud.images.cloud_builds import describe_build

    found = [describe_build(build) for build in builds.newest(options.limit)]
    now = datetime.now(UTC)
    columns: dict[str, Callable[[BuildDescription], str]] = {
        "id": lambda build: build.id,
        "state": lambda build: build.state,
        "age": lambda build: format_duration(now - build.created),
        "ran for": lambda build: span(build.duration(now)),
        "images": lambda build: ", ".join(build.images),
    }
    empty = f"no builds in {builds.clients.project}"
    print_table(found, columns, as_json=options.json, empty=empty)


def _describe(options: argparse.Namespace) -> None:
    """Show all about builds, but not their substitutions, which may hold anything."""
    builds = _builds_of(options)
    from cs_cloud.images.cloud_builds import describe_build

    found = [describe_build(build) for build in builds.find_all(options.builds)]
    print_details(found, _fields, as_json=options.json)


def _log(options: argparse.Namespace) -> None:
    """Show the log of a build."""
    builds = _builds_of(options)
    from cs_cloud.google.following import Follower

    [build] = builds.find_all(options.builds)
    if options.follow:
        Follower(builds, build.name, show=show).run()
        return
    for line in builds.log_of(build).all_lines():
        print(line.message)


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
