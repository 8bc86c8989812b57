"""The command `python -m fake_google_cloud`: a fake cloud in the foreground."""

from __future__ import annotations

import argparse
import shlex
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from fake_google_cloud.cloud import Deployment, FakeCloud


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ^C, and return the exit status: 2 for what a person can put right."""
    from cs_cloud.errors import CloudError
    from cs_cloud.settings import load_settings

    options = _parser().parse_args(arguments)
    try:
        settings = asdict(load_settings(options.settings))
        deployment = Deployment(**{each.name: settings[each.name] for each in fields(Deployment)})
    except CloudError as error:
        print(f"fake_google_cloud: {error}", file=sys.stderr)
        return 2
    try:
        with FakeCloud.ready(deployment, speed=options.speed) as cloud:
            print(f"# {deployment.project} in {deployment.region}; ^C ends it; to make it fail:")
            print(f"# curl -X POST {cloud.url}/control/fail-job, …/control/fail?method=…&kind=…")
            # cs-cloud is installed beside this program, and on no PATH of the shell
            print(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
            for name, value in cloud.environment.items():
                print(f"export {name}={shlex.quote(value)}")
            sys.stdout.flush()
            threading.Event().wait()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fake_google_cloud",
        description="Run a fake Google Cloud that is ready for the settings' deployment, and print"
        " the variables that point cs-cloud and gcloud at it.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the file (default: .gcp/settings.yaml here or in the nearest folder above)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1,
        metavar="FACTOR",
        help="how many times faster than the wall clock jobs go (default: 1)",
    )
    return parser
