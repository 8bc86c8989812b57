from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cs_cloud import CloudError
from cs_cloud.images.source_archive import pack_source, source_files

FILES = (
    "a.py",
    ".git/config",
    "data/raw/full.csv",
    "data/raw/full.csv.dvc",
    "data/prepared/train.parquet",
    "outputs/model.bin",
    "deep/outputs/model.bin",
    "keep/__pycache__/a.pyc",
    "dockerfiles/entrypoint.sh",
)
GITIGNORE = """\
# what runs leave behind
__pycache__/
/data/*
!/data/raw/
/data/raw/*
!/data/raw/*.csv.dvc
outputs/
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "dockerfiles" / "entrypoint.sh").chmod(0o755)
    (folder / ".gcloudignore").write_text(".git\n#!include:.gitignore\n")
    (folder / ".gitignore").write_text(GITIGNORE)
    return folder


def names(folder):
    return [path.relative_to(folder).as_posix() for path in source_files(folder)]


def packed(folder) -> bytes:
    archive = io.BytesIO()
    pack_source(folder, archive)
    return archive.getvalue()


def test_the_repositorys_own_ignore_file_leaves_secrets_and_data_here(tmp_path):
    repository = Path(__file__).parents[3]
    for name in (".gcloudignore", ".gitignore"):
        shutil.copy(repository / name, tmp_path)
    kept = [".dvc/config", "a.py", "data/raw/full.csv.dvc"]
    left = [".env", "deep/.env.local", "key.pem", "a.key", "my-credentials.json", ".git/config"]
    left += [".dvc/config.local", ".dvc/cache/files/md5/aa/bb", ".dvc/tmp/x", "data/raw/full.csv"]
    for name in (*kept, *left):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)

    assert sorted(names(tmp_path)) == sorted([*kept, ".gcloudignore", ".gitignore"])


def test_what_the_ignore_files_name_is_left_out(source):
    assert names(source) == [
        ".gcloudignore",
        ".gitignore",
        "a.py",
        "data/raw/full.csv.dvc",
        "dockerfiles/entrypoint.sh",
    ]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not on PATH")
def test_gcloud_would_upload_the_same_files(source, tmp_path):
    state = {"CLOUDSDK_CONFIG": str(tmp_path / "gcloud")}
    command = ["gcloud", "meta", "list-files-for-upload", str(source)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | state, timeout=120
    )

    assert sorted(done.stdout.split()) == sorted(names(source))


def test_without_an_ignore_file_only_git_is_left_out(source):
    (source / ".gcloudignore").unlink()

    assert ".git/config" not in names(source)
    assert "outputs/model.bin" in names(source)


def test_an_ignore_file_that_includes_what_is_not_there_is_refused(source):
    (source / ".gitignore").unlink()
    with pytest.raises(CloudError, match=r"\.gitignore: cannot be read"):
        names(source)


def test_the_same_files_give_the_same_bytes_whenever_they_were_written(source, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(source, copy, symlinks=True)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))

    assert packed(source) == packed(copy)

    (copy / "a.py").write_text("changed")

    assert packed(source) != packed(copy)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
def test_an_archive_keeps_what_can_be_run_and_links_and_forgets_owners(source):
    (source / "link.py").symlink_to("a.py")
    (source / "folder").symlink_to("keep")
    archive = io.BytesIO()
    files = pack_source(source, archive)
    archive.seek(0)
    with tarfile.open(fileobj=archive) as tarball:
        members = {member.name: member for member in tarball}

    assert files == len(members) == 7
    assert members["dockerfiles/entrypoint.sh"].mode == 0o755
    assert members["a.py"].mode == 0o644
    assert members["link.py"].linkname == "a.py"
    assert members["folder"].linkname == "keep"
    assert {member.uid for member in members.values()} == {0}
