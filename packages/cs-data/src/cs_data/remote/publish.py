"""Make a CSV export the new version of a data set: checked, tracked by DVC, and pushed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cs_data.checksums import md5_of, refuse_pipe
from cs_data.command_line import one_line
from cs_data.errors import DataError
from cs_data.optional_dependencies import needs_extra
from cs_data.preparing.manifest import Manifest
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.preparation import prepare
from cs_data.remote.pull import JOBS, copy_to_raw, dvc_root, locked
from cs_data.remote.store import Store
from cs_data.tracked_file import TrackedFile, dvc_file_of


@dataclass(frozen=True)
class Published:
    """A version that the remote holds."""

    tracked: TrackedFile
    url: str
    """Address of the object, with its generation."""
    manifest: Manifest
    """What the file is prepared to."""
    new: bool
    """False: the same bytes were published before with the same options, and nothing was done."""


def publish(
    csv: Path,
    raw: Path,
    options: PrepareOptions,
    *,
    jobs: int = JOBS,
) -> Published:
    """Make an export the version that `<raw>.dvc` names, with its options, and push it.

    Args:
        csv: the export; it may be `raw` itself.
        raw: where the raw file of the data set belongs. A file there is replaced if DVC's cache
            holds it too.
        options: how the file must prepare, which is kept as `meta.prepare` of the `.dvc` file.
        jobs: how many transfers DVC makes at once.

    Raises:
        DataError: the file is not good enough, would replace one that is kept nowhere else, or
            cannot be pushed; `raw` and its `.dvc` file are then as they were.
    """
    with needs_extra("dvc", "cs-data publish"):
        import dvc.repo  # noqa: F401 - before the work begins
    root = dvc_root(raw)
    refuse_pipe(csv)
    with TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared"
        manifest = prepare(csv, prepared, options, name=raw.stem).manifest
    with locked(raw):
        before = TrackedFile.beside(raw)
        store = Store(root, before.remote if before else None)
        md5, present = manifest.raw.md5, md5_of(raw)
        if before and before.md5 == md5 and (before.generation or not store.keeps_versions):
            is_new = PrepareOptions.published(before).changes() != options.changes()
            if is_new:
                _keep_options(before.dvc_file, options)
            return Published(before, store.url(before), manifest, new=is_new)
        if present and present != md5 and not store.cached(present).exists():
            raise DataError(
                f"{raw} is kept nowhere else and would be replaced by {csv}: move it away, or "
                "publish it first"
            )
        store.check_reachable()
        tracked = _replace(csv, raw, root, store, options, jobs)
        return Published(tracked, store.url(tracked), manifest, new=True)


def _replace(
    csv: Path, raw: Path, root: Path, store: Store, options: PrepareOptions, jobs: int
) -> TrackedFile:
    """Put the file in its place, add and push it; after an error everything is as before."""
    file = dvc_file_of(raw)
    present = md5_of(raw)
    before = file.read_bytes() if file.exists() else None
    try:
        if md5_of(csv) != present:
            copy_to_raw(csv, raw)
        _add_and_push(raw, file, root, store, jobs)
        _keep_options(file, options)
        tracked = TrackedFile.beside(raw)
        assert tracked is not None
        store.check(tracked)
    except BaseException:
        if before is None:
            file.unlink(missing_ok=True)
        else:
            file.write_bytes(before)
        if present is None:
            raw.unlink()
        elif md5_of(raw) != present:
            copy_to_raw(store.cached(present), raw)
        raise
    return tracked


def _keep_options(file: Path, options: PrepareOptions) -> None:
    """Write the options into a `.dvc` file, in which DVC keeps what is under `meta`."""
    from dvc.utils.serialize import modify_yaml

    changes = options.changes()
    with modify_yaml(str(file)) as values:
        meta = values.get("meta")
        others = meta if isinstance(meta, dict) else {}
        if changes:
            values["meta"] = {**others, "prepare": changes}
        elif others.pop("prepare", None) and not others:
            del values["meta"]


def _add_and_push(raw: Path, file: Path, root: Path, store: Store, jobs: int) -> None:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    git = any((folder / ".git").exists() for folder in (root, *root.parents))
    config = None if git else {"core": {"no_scm": True}}
    with _LoggedErrors() as logged, Repo(str(root), config=config) as repo:
        try:
            repo.add(str(raw))
        except DvcException as error:
            raise DataError(f"dvc add {raw}: {one_line(error)}") from error
        try:
            repo.push(str(file), jobs=jobs)
        except Exception as error:  # whatever a remote of any kind may raise
            tracked = TrackedFile.beside(raw)
            assert tracked is not None
            raise DataError(store.explain_push(logged.first or error, tracked)) from error


class _LoggedErrors(logging.Handler):
    """Keep the first error that DVC logs instead of raising it, and print none of its logs."""

    def __init__(self) -> None:
        super().__init__()
        self.first: Exception | None = None
        names = ("dvc", "dvc_data", "dvc_objects", "gcsfs")
        self._loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> _LoggedErrors:
        self._before = [(one.handlers, one.propagate, one.level) for one in self._loggers]
        for one in self._loggers:
            one.handlers, one.propagate = [self], False
            one.setLevel(logging.DEBUG)  # some errors are logged as no more than that
        return self

    def __exit__(self, *_: object) -> None:
        for one, (handlers, propagate, level) in zip(self._loggers, self._before, strict=True):
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        if self.first is None and record.exc_info and isinstance(record.exc_info[1], Exception):
            self.first = record.exc_info[1]
