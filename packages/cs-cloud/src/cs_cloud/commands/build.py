"""`cs-cloud build`: builds a training image, in Cloud Build or here."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from cs_cloud.commands.options import Commands, add_command, settings_of
from cs_cloud.images.image_recipe import DEVICES, read_recipe
from cs_cloud.settings_file import deployment_folder

if TYPE_CHECKING:
    from google.cloud.devtools.cloudbuild_v1.types import Build

    from cs_cloud.google.clients import Clients
    from cs_cloud.images.image_recipe import Recipe


class _ReadableDumper(yaml.SafeDumper):
    """Writes a text of several lines as it stands."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_ReadableDumper.add_representer(str, _ReadableDumper.represent_str)


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "build",
        _run,
        summary="build a training image and push it",
        description="Build a training image in Cloud Build from the files that are here, as"
        " .gcp/cloudbuild.yaml says, show its log, and print its digest. A commit is built once.",
    )
    parser.add_argument("device", choices=DEVICES, help="what the image trains on")
    parser.add_argument(
        "--force", action="store_true", help="build even if this commit has been built"
    )
    parser.add_argument(
        "--no-wait", action="store_true", help="start it, and do not wait for its end"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be built, and no more"
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="build it on this machine with docker, podman or buildah, and do not push it",
    )


def _run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    folder = deployment_folder(options.settings).resolve()
    recipe = read_recipe(options.device, folder.parent, settings)
    _tell_commit(recipe)
    if options.local:
        return _build_here(recipe, folder.parent, dry_run=options.dry_run)

    from cs_cloud.google.clients import Clients
    from cs_cloud.images.image_build import find_built, read_build

    build = read_build(folder / "cloudbuild.yaml", recipe, settings)
    if options.dry_run:
        _print_plan(build, folder.parent)
        return 0
    clients = Clients(settings.project)
    if not options.force and (built := find_built(clients, recipe)):
        _tell("this commit has been built already; --force builds it anew")
        if "latest" not in built.tags:
            _tell("but `latest`, which job files name, is another image: --force makes it this one")
        print(built.uri)
        return 0
    started = _start(clients, build, folder.parent, settings.region)
    if options.no_wait:
        print(started.id)
        return 0
    return _follow(clients, started, recipe)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell_commit(recipe: Recipe) -> None:
    if not recipe.commit:
        _tell("this is no git checkout, so the image will not tell what it was built from")
    elif recipe.changed:
        _tell(
            f"{recipe.changed} files were changed since the commit, so the image is tagged"
            f" {recipe.commit}, and nobody can build it again: commit first if it is to last"
        )


def _build_here(recipe: Recipe, root: Path, *, dry_run: bool) -> int:
    import subprocess

    from cs_cloud.local.image_build import build_command

    command = build_command(recipe, root, _tell)
    _tell(shlex.join(command))
    if dry_run:
        return 0
    return subprocess.run(command, check=False).returncode  # noqa: S603  it was just shown


def _print_plan(build: Build, root: Path) -> None:
    from google.protobuf.json_format import MessageToDict

    from cs_cloud.images.source_archive import source_files

    files = list(source_files(root))
    size = sum(path.lstat().st_size for path in files)
    _tell(f"{len(files)} files of {size / 1e6:.1f} MB would be uploaded")
    fields = MessageToDict(type(build).pb(build))
    print(yaml.dump(fields, Dumper=_ReadableDumper, sort_keys=False), end="")


def _start(clients: Clients, build: Build, root: Path, region: str) -> Build:
    from tempfile import TemporaryDirectory

    from cs_cloud.images.image_build import start_build
    from cs_cloud.images.source_archive import pack_source
    from cs_cloud.images.source_upload import upload_source

    clients.credentials  # noqa: B018  told before anything else, if there are none
    with TemporaryDirectory(prefix="cs-cloud-") as temporary:
        archive = Path(temporary, "source.tgz")
        with archive.open("wb") as stream:
            files = pack_source(root, stream)
        size = archive.stat().st_size
        _tell(f"uploading {files} files, {size / 1e6:.1f} MB")
        source = upload_source(clients, region, archive)
    started, was_there = start_build(clients, build, source)
    if was_there:
        _tell("the same build is going on already, so no other was started")
    _tell(f"build    {started.id}\nconsole  {started.log_url}")
    return started


def _follow(clients: Clients, started: Build, recipe: Recipe) -> int:
    from cs_cloud.images.builds import state_of
    from cs_cloud.images.following import follow_build
    from cs_cloud.images.image_build import digest_of

    ended = follow_build(clients, started, show=_tell)
    if state_of(ended) != "SUCCESS":
        reason = ended.failure_info.detail or ended.status_detail or "its log tells why"
        _tell(f"no image was built: {reason}\nlog: cs-cloud builds log {ended.id}")
        return 1
    print(f"{recipe.image}@{digest_of(ended)}")
    return 0
