"""Check the files of a model folder. Imports neither torch nor transformers, which take seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cs_model.errors import ModelError

VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", "*.model", "*.vocab")
# What a model is made of, and what is downloaded: neither pickles nor code.
MODEL_FILES = (
    "config.json",
    "model.safetensors",
    "model-*.safetensors",
    "model.safetensors.index.json",
    *("tokenizer*.json", "special_tokens_map.json", "added_tokens.json"),
    *VOCABULARIES,
)
# Never read: these are pickles, which can carry any code.
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_INDEX = "model.safetensors.index.json"  # of weights in several files
_LFS = b"version https://git-lfs"  # what Git checks out for a large file where it has no Git LFS
_AGAIN = "copy or download it again"


def check_model_files(folder: Path) -> None:
    """Check that a folder holds a configuration, and complete weights in safetensors.

    Raises:
        ModelError: it does not; the message names the file.
    """
    config = folder / "config.json"
    if not config.is_file():
        raise ModelError(f"{folder} is not a model folder: it has no config.json")
    for path in (path for pattern in MODEL_FILES for path in sorted(folder.glob(pattern))):
        with path.open("rb") as file:
            if file.read(len(_LFS)) == _LFS:
                raise ModelError(
                    f"{path} is a pointer of Git LFS, not the file itself: run `git lfs pull` "
                    "where the model was cloned"
                )
    _read_object(config)
    for path in _weights(folder):
        _check_safetensors(path)


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} must be a JSON object, got {type(content).__name__}")
    return content


def _weights(folder: Path) -> list[Path]:
    """Return the files that transformers reads weights from."""
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"]
    if (folder / _INDEX).is_file():
        shards = {
            str(name) for name in _read_object(folder / _INDEX).get("weight_map", {}).values()
        }
        for name in sorted(shards):
            if not (folder / name).is_file():
                raise ModelError(f"{folder} has no {name}, which {_INDEX} names: {_AGAIN}")
        return [folder / name for name in sorted(shards)]
    if any(folder.glob("model-*.safetensors")):
        raise ModelError(f"{folder} has no {_INDEX}, which says what its weights are: {_AGAIN}")
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    found = (
        f"{pickles[0]} is a pickle, which can run code when it is read"
        if pickles
        else "it has no weights"
    )
    raise ModelError(f"{folder} has no model.safetensors ({found}): only safetensors is read")


def _check_safetensors(path: Path) -> None:
    """Compare a file's size with its header: 8 bytes for a length, and as much JSON with offsets.

    https://github.com/huggingface/safetensors#format
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header_size = int.from_bytes(file.read(8), "little")
        expected = 8 + header_size
        if 8 < expected <= size:
            try:
                header = json.loads(file.read(header_size))
                expected += max(
                    (
                        entry["data_offsets"][1]
                        for name, entry in header.items()
                        if name[:2] != "__"
                    ),
                    default=0,
                )
            except (ValueError, AttributeError, LookupError, TypeError) as error:
                raise ModelError(f"{path} is not a safetensors file: {_AGAIN}") from error
    if size < 8 or size < expected:
        raise ModelError(f"{path} is cut off after {size:,} bytes: {_AGAIN}")
