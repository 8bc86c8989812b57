"""What is in the images, and what is not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

BUILD_TOOLS = {"cc", "gcc", "g++", "c++", "clang", "ld", "make", "cmake", "git", "hatchling"}


def test_the_last_stage_holds_nothing_that_only_builds(image):
    found = {path.name for path in image.root.glob("**/bin/*")}
    python = next((image.root / "opt/venv/lib").iterdir()) / "site-packages"

    assert not found & BUILD_TOOLS
    assert not list(python.glob("hatchling*"))
    assert not list(python.glob("pip*"))
    assert not (python / "torch/include").exists()


def test_no_cache_no_tests_and_no_git_are_left(image):
    names = {str(path.relative_to(image.root)) for path in _below(image.root)}

    assert not [name for name in names if Path(name).name in (".cache", ".git", "tests")]
    assert not [name for name in names if name.startswith("var/lib/apt/lists/")]
    assert not [name for name in names if name.endswith((".whl", ".deb"))]
    assert sorted(name for name in names if name.startswith("app/")) == [
        "app/.dvc", "app/.dvc/config", "app/data", "app/data/raw", "app/data/raw/full.csv.dvc",
        "app/data/raw/medium.csv.dvc", "app/data/raw/small.csv.dvc", "app/entrypoint.sh",
    ]  # fmt: skip


def test_no_key_that_lay_around_is_in_it(image, planted):
    searched = ("grep", "--recursive", "--files-with-matches", "--fixed-strings", planted)
    found = subprocess.run([*searched, image.root], stdout=subprocess.PIPE, check=False, text=True)

    assert found.stdout == ""
    assert planted not in str(image.about)


def test_it_runs_as_a_user_who_can_change_nothing_of_it(image):
    programs = [image.root / "app", image.root / "opt"]

    assert image.about["config"]["User"] == "10001"
    for path in (path for folder in programs for path in [folder, *folder.rglob("*")]):
        if not path.is_symlink():
            assert path.stat().st_uid == 0, path
            assert not path.stat().st_mode & 0o022, path


def test_it_says_what_it_was_built_from(image, device):
    labels = image.about["config"]["Labels"]

    assert labels["org.opencontainers.image.revision"] == "0123abc"
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.title"] == f"train-{device}"
    assert image.variables["CS_COMMIT"] == "0123abc"


def test_our_modules_are_compiled(image):
    [python] = (image.root / "opt/venv/lib").iterdir()
    ours = list(python.glob("site-packages/cs_*/**/*.py"))
    compiled = {path.name.partition(".")[0] for path in python.glob("site-packages/cs_*/**/*.pyc")}

    assert len(ours) > 50
    assert {path.stem for path in ours} == compiled


def test_layers_are_reported(image, device, buildah, note):
    note(f"train-{device}: built in {image.seconds:.0f} s")
    history = [step for step in image.about["history"] if not step.get("empty_layer")]
    sizes = _sizes(buildah, image)
    assert len(sizes) == len(history)
    for step, size in zip(history, sizes, strict=True):
        note(f"{size / 1e6:10.1f} MB  {step['created_by'].removeprefix('/bin/sh -c ')[:90]}")


def test_a_change_of_our_code_makes_one_layer_anew(image, device, build, checkout, note):
    before = image.about["rootfs"]["diff_ids"]
    source = checkout / "packages/cs-train/src/cs_train/errors.py"
    source.write_text(source.read_text() + "\n# changed\n")

    again = build(device)

    after = again.about["rootfs"]["diff_ids"]
    changed = [at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert changed == [len(after) - 1]
    note(f"train-{device}: built again in {again.seconds:.0f} s, layers {changed} of {len(after)}")


def _below(root):
    return (path for path in root.rglob("*") if not path.is_relative_to(root / "proc"))


def _sizes(buildah, image):
    """Return the size of each layer, from the records of buildah's storage."""
    layers = json.loads((buildah.storage / "root/overlay-layers/layers.json").read_text())
    by_digest = {layer.get("diff-digest"): layer.get("diff-size", 0) for layer in layers}
    return [by_digest[digest] for digest in image.about["rootfs"]["diff_ids"]]
