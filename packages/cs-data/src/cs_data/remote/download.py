"""Downloads the public data sets from the Hugging Face hub, for those who have no bucket."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cs_data.checksums import md5_of
from cs_data.errors import DataError
from cs_data.extras import needs_extra
from cs_data.progress import Progress
from cs_data.remote.pull import copy_to_raw, locked
from cs_data.tracked_file import TrackedFile

REPOSITORY = "Tobi-Bueck/customer-support-tickets"
FILES = {
    "small": "dataset-tickets-multi-lang3-4k.csv",
    "medium": "dataset-tickets-multi-lang-4-20k.csv",
    "full": "aa_dataset-tickets-multi-lang-5-2-50-version.csv",
}
LICENCE = (
    "Multilingual Customer Support Tickets by Tobias Bück, licence CC BY-NC 4.0 "
    "(https://creativecommons.org/licenses/by-nc/4.0/): not for commercial use, name the author"
)
_SHA256 = re.compile("[0-9a-f]{64}")


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
        DataError: it cannot be had, or `path` is meant for other bytes.
    """
    with needs_extra("hub", "cs-data download"):
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    file = FILES[name]
    place = f"{REPOSITORY}/{file}"
    url = hf_hub_url(REPOSITORY, file, repo_type="dataset", revision=revision)
    with _explained(place, revision, url):
        there = get_hf_file_metadata(url, retry_on_errors=True)
        assert there.commit_hash is not None
        found = Path(
            hf_hub_download(
                REPOSITORY,
                file,
                repo_type="dataset",
                revision=there.commit_hash,
                tqdm_class=_progress_of(file),
            )
        )
    _check(found, there.etag, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        _put(found, path, place)
    return there.commit_hash


def _check(found: Path, etag: str | None, place: str) -> None:
    """Compare a file with the hash that the hub names large files by."""
    with found.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if etag and _SHA256.fullmatch(etag) and etag != sha256:
        found.resolve().unlink()  # or the hub's cache would give it again
        raise DataError(
            f"{place} came with other bytes than the hub says (sha256 {sha256} instead of {etag}): "
            "download it again"
        )


def _put(found: Path, path: Path, place: str) -> None:
    md5, present, tracked = md5_of(found), md5_of(path), TrackedFile.beside(path)
    if tracked is not None and tracked.md5 != md5:
        raise DataError(
            f"{place} has the md5 {md5}, and {tracked.dvc_file} names {tracked.md5}: keep it "
            "elsewhere with --output tickets.csv, and train on dataset=custom"
        )
    if present is not None and present != md5:
        raise DataError(f"{path} holds something else: move it away, or name another --output")
    if present is None:
        copy_to_raw(found, path)


def _progress_of(file: str) -> type[Any]:
    """Let the hub's client tell its progress as everything else here does."""
    from huggingface_hub.utils.tqdm import tqdm

    class Told(tqdm):
        def __init__(self, total: int | None = None, initial: int = 0, **_: object) -> None:
            super().__init__(disable=True)  # type: ignore[no-untyped-call]
            self._done = initial
            self._open = ExitStack()
            progress = Progress(f"downloading {file}", total or 1)
            self._told = self._open.enter_context(progress)

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            self._told.update(self._done)

        def close(self) -> None:
            self._open.close()

    return Told


@contextmanager
def _explained(place: str, revision: str, url: str) -> Iterator[None]:
    """Turn what the hub's client raises into one line."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise DataError(
            f"{place} wants its conditions accepted on the hub first: do so there, and log in with "
            "hf auth login"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise DataError(f"{place} has no revision {revision!r}") from error
    except (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError) as error:
        raise DataError(
            f"{place} is not there ({url}): it was moved or removed, or HF_ENDPOINT names another "
            "hub"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise DataError(f"{place} is not downloaded while HF_HUB_OFFLINE is set") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        cure = "log in with hf auth login" if status in (401, 403) else "try later"
        raise DataError(f"{place}: the hub answered {status} ({url}): {cure}") from error
    except Exception as error:  # whatever the client's HTTP library may raise
        told = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            why = "no space is left in the hub's cache: free some, or name another by HF_HOME"
        elif "Consistency check failed" in told:
            why = "it ended too soon: download it again"
        else:
            why = f"it cannot be had ({told}): check the network, and HF_ENDPOINT if it is set"
        raise DataError(f"{place}: {why}") from error
