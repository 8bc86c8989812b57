"""The version of a raw file that the `.dvc` file beside it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cs_data.command_line import one_line
from cs_data.errors import DataError
from cs_data.optional_dependencies import needs_extra


@dataclass(frozen=True)
class TrackedFile:
    """One version of a raw file."""

    path: Path
    """Path of the raw file, which need not exist."""
    md5: str
    size: int
    """In bytes."""
    remote: str | None = None
    """Name of the DVC remote that holds it; None: the default one."""
    generation: str | None = None
    """Of the object in the bucket, where the remote keeps versions."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """How the file is prepared, as far as it was published with options: `meta.prepare`. A text is
    what is written there, be it `1.10` or `No`."""

    @property
    def dvc_file(self) -> Path:
        """Path of the `.dvc` file."""
        return dvc_file_of(self.path)

    @classmethod
    def beside(cls, path: Path) -> TrackedFile | None:
        """Read `<path>.dvc`; None if there is none.

        Raises:
            DataError: it is no `.dvc` file of one raw file.
        """
        file = dvc_file_of(path)
        try:
            return cls.parse(file.read_bytes(), path, str(file))
        except FileNotFoundError:
            return None

    @classmethod
    def parse(cls, content: bytes, path: Path, origin: str) -> TrackedFile:
        """Parse the content of the `.dvc` file of `path`; messages call it `origin`.

        Raises:
            DataError: it is no `.dvc` file of one raw file.
        """
        with needs_extra("dvc", f"reading {path.name}.dvc"):
            import yaml

        try:
            values: dict[str, Any] = yaml.load(content.decode(), yaml.BaseLoader)  # noqa: S506
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DataError(
                f"{origin} is no YAML ({one_line(error)}): restore it from git"
            ) from None
        try:
            [out] = values["outs"]
            [(remote, object_)] = out.get("cloud", {}).items() or [(None, {})]
            meta = values.get("meta")  # anybody may write there
            options = dict(meta.get("prepare") or {}) if isinstance(meta, dict) else {}
            found = cls(
                path,
                str(out["md5"]),
                int(out["size"]),
                remote,
                object_.get("version_id"),
                options,
            )
            name = out["path"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{origin} does not say which file it stands for ({type(error).__name__}: {error}):"
                " restore it from git, or make it with dvc add"
            ) from None
        if name != path.name:
            raise DataError(f"{origin} stands for {name!r}, not for {path.name!r}: rename it")
        return found


def dvc_file_of(path: Path) -> Path:
    """Return the path of the `.dvc` file of a raw file."""
    return path.with_name(f"{path.name}.dvc")
