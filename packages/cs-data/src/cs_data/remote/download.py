"""Download the public data sets from the Hugging Face hub, for those who have no bucket."""

from __future__ import annotations

import errno
import hashlib
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cs_data.checksums import md5_of
from cs_data.command_line import one_line
from cs_data.dataset_names import PUBLIC
from cs_data.errors import DataError
from cs_data.optional_dependencies import needs_extra
from cs_data.progress import Progress
from cs_data.remote.pull import copy_to_raw, locked
from cs_data.tracked_file import TrackedFile

REPOSITORY = "Tobi-Bueck/customer-support-tickets"
LICENCE = (
    "Multilingual Customer Support Tickets by Tobias Bück, licence CC BY-NC 4.0 "
    "(https://creativecommons.org/licenses/by-nc/4.0/): not for commercial use, name the author"
)


def download(name: str, path: Path, *, revision: str = "main") -> str:
    """Put a public data set at `path`, through the cache of the Hugging Face hub.

    The hub is the one that HF_ENDPOINT names. Where `<path>.dvc` says which bytes belong at `path`,
    other ones are not put there.

    Args:
        name: `small`, `medium` or `full`.
        path: a new file, or one that holds the same bytes already.
        revision: branch, tag or commit of the data set's repository.

    Returns:
        The commit that the file was taken from.

    Raises:
        DataError: it cannot be downloaded, or `path` is meant for other bytes.
    """
    with needs_extra("hub", "cs-data download"):
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    file = PUBLIC[name]
    address = f"{REPOSITORY}/{file}"
    url = hf_hub_url(REPOSITORY, file, repo_type="dataset", revision=revision)
    try:
        there = get_hf_file_metadata(url, retry_on_errors=True)
        assert there.commit_hash is not None
        found = hf_hub_download(
            REPOSITORY,
            file,
            repo_type="dataset",
            revision=there.commit_hash,
            tqdm_class=_progress_of(file),
        )
    except Exception as error:  # whatever the client's HTTP library may raise
        raise DataError(f"{address} {_explain(error, revision, url)}") from error
    _check(Path(found), there.etag, address)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        _put(Path(found), path, address)
    return there.commit_hash


def _progress_of(file: str) -> type[Any]:
    """Let the hub's client report its progress as everything else here does."""
    from huggingface_hub.utils.tqdm import tqdm

    class Reported(tqdm):
        def __init__(self, total: int | None = None, initial: int = 0, **_: object) -> None:
            super().__init__(disable=True)  # type: ignore[no-untyped-call]
            self._done = initial
            self._open = ExitStack()
            progress = Progress(f"downloading {file}", total or 1)
            self._progress = self._open.enter_context(progress)

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            self._progress.update(self._done)

        def close(self) -> None:
            self._open.close()

    return Reported


def _check(found: Path, etag: str | None, address: str) -> None:
    """Compare a file with the hash that the hub names large files by."""
    with found.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if etag and re.fullmatch("[0-9a-f]{64}", etag) and etag != sha256:
        found.resolve().unlink()  # or the hub's cache would give it again
        raise DataError(
            f"{address} came with other bytes than the hub says (sha256 {sha256} instead of "
            f"{etag}): download it again"
        )


def _put(found: Path, path: Path, address: str) -> None:
    md5, present, tracked = md5_of(found), md5_of(path), TrackedFile.beside(path)
    if tracked is not None and tracked.md5 != md5:
        raise DataError(
            f"{address} has the md5 {md5}, and {tracked.dvc_file} names {tracked.md5}: keep it "
            "elsewhere with --output tickets.csv, and train on dataset=custom"
        )
    if present is not None and present != md5:
        raise DataError(f"{path} holds something else: move it away, or name another --output")
    if present is None:
        copy_to_raw(found, path)


def _explain(error: Exception, revision: str, url: str) -> str:
    """Return what is wrong and what to do, to follow the address of the file."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        problem = "is there only for those who accept its conditions"
        fix = "accept them on the hub, and log in with hf auth login"
    elif isinstance(error, errors.RevisionNotFoundError):
        problem, fix = f"has no revision {revision!r}", "name another --revision"
    elif isinstance(error, (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError)):
        problem, fix = f"is not there ({url})", "it was moved, or HF_ENDPOINT names another hub"
    elif isinstance(error, errors.OfflineModeIsEnabled):
        problem, fix = "is not downloaded offline", "unset HF_HUB_OFFLINE"
    elif isinstance(error, errors.HfHubHTTPError):
        status = error.response.status_code
        problem = f"cannot be downloaded, since the hub answered {status} ({url})"
        fix = "log in with hf auth login" if status in (401, 403) else "try later"
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        problem = "cannot be downloaded, since no space is left in the hub's cache"
        fix = "free some, or name another folder with HF_HOME"
    elif "Consistency check failed" in str(error):
        problem, fix = "ended too soon", "download it again"
    else:
        problem = f"cannot be downloaded ({one_line(error)})"
        fix = "check the network, and HF_ENDPOINT if it is set"
    return f"{problem}: {fix}"
