"""Times `cs-data pull` from a fake Cloud Storage, beside `dvc pull` and beside a plain download.

Every contender starts as a new process with empty caches and fetches the same object; the fake
counts the bytes that it sends.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cs_data import make_sample
from fake_google_cloud.storage import StorageServer

ENVIRONMENT = {
    **os.environ,
    "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
    "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
    "DVC_NO_ANALYTICS": "true",
}
NOTHING_TO_DO, PREPARE = "cs-data pull, with nothing to do", "cs-data prepare"
DOWNLOAD = "import sys, urllib.request as u; u.urlretrieve(sys.argv[1], sys.argv[2])"
CONFIG = """[core]
    remote = gcs
    no_scm = true
['remote "gcs"']
    url = gs://tickets/
    version_aware = true
    verify = true
    endpointurl = {url}
    allow_anonymous_login = true
"""


def main() -> None:
    """Push one file with DVC, fetch it in every way, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000, help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=3, help="the best counts; default: %(default)s")
    chosen = parser.parse_args()

    with StorageServer("tickets") as storage, tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        raw = root / "data" / "raw" / "full.csv"
        raw.parent.mkdir(parents=True)
        (root / ".dvc").mkdir()
        (root / ".dvc" / "config").write_text(CONFIG.format(url=storage.url))
        make_sample(raw, chosen.rows)
        run(root, "dvc", "add", str(raw))
        run(root, "dvc", "push")
        size = raw.stat().st_size
        direct = f"{storage.url}/download/storage/v1/b/tickets/o/data%2Fraw%2Ffull.csv?alt=media"
        prepare = ("cs-data", "prepare", str(raw), "-o", str(root / "data" / "prepared" / "full"))
        pulled = ("dvc", "pull", f"{raw}.dvc")
        contenders: dict[str, list[tuple[str, ...]]] = {
            NOTHING_TO_DO: [("cs-data", "pull", "full")],
            "cs-data pull: fetch, check, prepare": [("cs-data", "pull", "full")],
            "dvc pull, then cs-data prepare": [pulled, prepare],
            PREPARE: [prepare],
            "dvc pull": [pulled],
            "plain download": [("python", "-c", DOWNLOAD, direct, str(raw))],
        }
        results = {}
        for name, commands in contenders.items():
            times = []
            for _ in range(chosen.runs):
                before(root, raw, name)
                storage.sent.clear()
                started = time.perf_counter()
                for command in commands:
                    run(root, *command)
                times.append(time.perf_counter() - started)
            results[name] = min(times), storage.sent.total() / size
    print(f"{chosen.rows:,} rows, {size / 2**20:.0f} MiB of CSV, best of {chosen.runs}\n")
    print(f"{'':38}{'seconds':>9}{'bytes sent / bytes of the file':>34}")
    for name, (seconds, share) in results.items():
        print(f"{name:38}{seconds:9.2f}{share:34.2f}")


def before(root: Path, raw: Path, contender: str) -> None:
    """Leave a contender only what it may start with."""
    if contender == NOTHING_TO_DO:
        run(root, "cs-data", "pull", "full")
        return
    shutil.rmtree(root / "data" / "prepared", ignore_errors=True)
    if contender != PREPARE:
        raw.unlink(missing_ok=True)
        shutil.rmtree(root / ".dvc" / "cache", ignore_errors=True)


def run(root: Path, *command: str) -> None:
    """Run a command in the folder, quietly."""
    subprocess.run(command, check=True, cwd=root, env=ENVIRONMENT, capture_output=True)  # noqa: S603


if __name__ == "__main__":
    main()
