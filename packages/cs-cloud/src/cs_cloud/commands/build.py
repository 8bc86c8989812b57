"""`cs-cloud build`: builds a training image, in Cloud Build or on this machine."""

from __future__ import annotations

import argparse
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cs_cloud.commands.options import Commands, add_command, add_flag, settings_of
from cs_cloud.commands.tables import print_message, warn
from cs_cloud.google.clients import Clients
from cs_cloud.images.image_recipe import DEVICES, Recipe, read_recipe
from cs_cloud.images.source_archive import pack_source, source_files
from cs_cloud.local.docker_build import build_command
from cs_cloud.settings_file import deployment_folder

if TYPE_CHECKING:
    from google.cloud.devtools.cloudbuild_v1.types import Build


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "build", _run, "build a training image and push it")
    parser.add_argument("device", choices=DEVICES, help="what the image trains on")
    add_flag(parser, "--force", help="build even if this commit has been built")
    add_flag(parser, "--no-wait", help="start it, and do not wait for its end")
    add_flag(parser, "--dry-run", help="print what would be built, and no more")
    add_flag(parser, "--local", help="build it here with docker, podman or buildah; no push")


def _run(options: argparse.Namespace) -> int:
    """Build a training image in Cloud Build, show its log, and print its digest.

    The source is this folder, the build .gcp/cloudbuild.yaml. A commit is built once.
    """
    settings = settings_of(options)
    folder = deployment_folder(options.settings).resolve()
    root = folder.parent
    recipe = read_recipe(options.device, root, settings)
    if not recipe.commit:
        warn("this is no git checkout, so the image will not record what it was built from")
    elif recipe.changed:
        warn(
            f"{recipe.changed} files were changed since the commit, so the image is tagged"
            f" {recipe.commit}, and nobody can build it again: commit first to keep it"
        )
    if options.local:
        return _build_here(recipe, root, dry_run=options.dry_run)

    from cs_cloud.images.image_build import find_built, read_build

    build = read_build(folder / "cloudbuild.yaml", recipe, settings)
    if options.dry_run:
        _print_plan(build, root)
        return 0
    clients = Clients(settings.project)
    if not options.force and (built := find_built(clients, recipe)):
        warn("this commit has been built already; --force builds it again")
        if "latest" not in built.tags:
            warn("but `latest`, which job files name, is another image: --force makes it this one")
        print(built.uri)
        return 0
    started = _start(clients, build, root, settings.region)
    if options.no_wait:
        print(started.id)
        return 0
    return _follow(clients, started, recipe)


def _build_here(recipe: Recipe, root: Path, *, dry_run: bool) -> int:
    command = build_command(recipe, root, warn)
    warn(shlex.join(command))
    if dry_run:
        return 0
    return subprocess.run(command, check=False).returncode  # noqa: S603  it was just shown


def _print_plan(build: Build, root: Path) -> None:
    files = list(source_files(root))
    size = sum(path.lstat().st_size for path in files)
    warn(f"{len(files)} files of {size / 1e6:.1f} MB would be uploaded")
    print_message(build)


def _start(clients: Clients, build: Build, root: Path, region: str) -> Build:
    from cs_cloud.images.image_build import start_build
    from cs_cloud.images.source_upload import upload_source

    clients.credentials  # noqa: B018  missing ones are reported before anything else
    with TemporaryDirectory(prefix="cs-cloud-") as temporary:
        archive = Path(temporary, "source.tgz")
        with archive.open("wb") as stream:
            files = pack_source(root, stream)
        warn(f"uploading {files} files, {archive.stat().st_size / 1e6:.1f} MB")
        source = upload_source(clients, region, archive)
    started, existed = start_build(clients, build, source, warn)
    if existed:
        warn("the same build is live already, so no other was started")
    warn(f"build    {started.id}\nconsole  {started.log_url}")
    return started


def _follow(clients: Clients, started: Build, recipe: Recipe) -> int:
    from cs_cloud.google.following import Follower
    from cs_cloud.images.cloud_builds import Builds
    from cs_cloud.images.image_build import digest_of

    builds = Builds(clients, ())
    ended = Follower(builds, started.name, show=warn).run()
    if builds.state_of(ended) != "SUCCESS":
        reason = ended.failure_info.detail or ended.status_detail or "its log shows why"
        warn(f"no image was built: {reason}", f"log: cs-cloud builds log {ended.id}")
        return 1
    print(f"{recipe.image}@{digest_of(ended)}")
    return 0
