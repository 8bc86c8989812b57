from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from cs_cloud import CloudError
from cs_cloud.cli import main
from cs_cloud.images.image_build import find_built, read_build, start_build
from cs_cloud.images.image_recipe import read_recipe
from cs_cloud.images.source_upload import upload_source
from fake_google_cloud import BuildScript, LogLine

CLOUDBUILD = (Path(__file__).parents[3] / ".gcp" / "cloudbuild.yaml").read_text()
IMAGE = "europe-west1-docker.pkg.dev/my-project-1/images/train-cpu"
STAGING = "my-project-1_cloudbuild"


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path, write_settings):
    """A repository with all that an image is built from, as one commit; the working folder."""
    files = {
        ".gcp/cloudbuild.yaml": CLOUDBUILD,
        ".gcloudignore": ".git\n",
        "dockerfiles/train_cpu.dockerfile": "FROM scratch\n",
        "dockerfiles/train_cu128.dockerfile": "FROM scratch\n",
        "packages/cs-train/pyproject.toml": '[project]\nname = "cs-train"\nversion = "1.2.3"\n',
        "work/a.txt": "",
    }
    write_settings()
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=all")
    return tmp_path


@pytest.fixture
def called_cloud(cloud, root, passing_time, monkeypatch):
    """The cloud, for complete commands."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    return cloud


@pytest.fixture
def source(clients, tmp_path):
    archive = tmp_path / "source.tgz"
    archive.write_bytes(b"an archive")
    return upload_source(clients, "europe-west1", archive)


@pytest.fixture
def report(passing_time):
    return [].append


@pytest.fixture
def build(root, settings):
    return read_build(
        root / ".gcp" / "cloudbuild.yaml", read_recipe("cpu", root, settings), settings
    )


def head(root) -> str:
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.check_output(command, cwd=root, text=True).strip()


def count(cloud, method) -> int:
    return [request.method for request in cloud.requests].count(method)


def test_the_file_becomes_the_build_of_the_device(root, settings):
    recipe = read_recipe("gpu", root, settings)
    build = read_build(root / ".gcp" / "cloudbuild.yaml", recipe, settings)
    image = IMAGE.replace("cpu", "cu128")

    assert dict(build.substitutions) == {
        "_DEVICE": "gpu",
        "_IMAGE_NAME": "train-cu128",
        "_DOCKERFILE": "dockerfiles/train_cu128.dockerfile",
        "_COMMIT": head(root),
        "_REGION": "europe-west1",
        "_REGISTRY": "images",
    }
    assert list(build.images) == [f"{image}:latest", f"{image}:{head(root)}"]


def test_what_was_changed_since_the_commit_is_not_tagged_with_it(root, settings):
    (root / "work" / "a.txt").write_text("changed")
    recipe = read_recipe("cpu", root, settings)

    assert recipe.tags == ("latest", f"{head(root)}-dirty")


def test_without_git_there_is_no_commit_to_tag_with(root, settings):
    (root / ".git").rename(root / "no-git")

    assert read_recipe("cpu", root, settings).tags == ("latest",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  _COMMIT:", "  _COMMITS:", "substitutions must hold _COMMIT"),
        ("timeout:", "timeouts:", "timeouts"),
        ("steps:", "step:", "step"),
    ],
)
def test_a_file_that_is_no_build_of_an_image_is_refused(root, settings, old, new, message):
    path = root / ".gcp" / "cloudbuild.yaml"
    path.write_text(CLOUDBUILD.replace(old, new))
    with pytest.raises(CloudError, match=rf"cloudbuild\.yaml:\d+: .*{message}"):
        read_build(path, read_recipe("cpu", root, settings), settings)


def test_a_dockerfile_that_is_not_there_is_reported(root, settings):
    (root / "dockerfiles" / "train_cpu.dockerfile").unlink()
    with pytest.raises(CloudError, match=r"train_cpu\.dockerfile: is missing"):
        read_recipe("cpu", root, settings)


def test_a_source_is_uploaded_once_into_a_bucket_made_for_it(cloud, clients, source, tmp_path):
    again = upload_source(clients, "europe-west1", tmp_path / "source.tgz")

    assert again == source
    assert cloud.read_objects(STAGING) == {source.object_: b"an archive"}
    assert count(cloud, "storage.buckets.insert") == 1


@pytest.mark.parametrize("method", ["storage.buckets.insert", "storage.objects.insert"])
def test_an_upload_whose_answer_is_lost_is_made_again(cloud, clients, tmp_path, method):
    (tmp_path / "source.tgz").write_bytes(b"an archive")
    cloud.fail(method, "answer_lost")
    source = upload_source(clients, "europe-west1", tmp_path / "source.tgz")

    assert source.generation
    assert cloud.read_objects(STAGING) == {source.object_: b"an archive"}


def test_the_same_build_is_started_once_while_it_goes_on(cloud, clients, build, source, report):
    first, was_there = start_build(clients, build, source, report)
    second, was_there_again = start_build(clients, build, source, report)

    assert (was_there, was_there_again) == (False, True)
    assert second.id == first.id

    cloud.clock.advance(60)
    third, _ = start_build(clients, build, source, report)

    assert third.id != first.id


def test_a_lost_answer_makes_no_second_build(cloud, clients, build, source, report):
    cloud.fail("CreateBuild", "answer_lost")
    started, _ = start_build(clients, build, source, report)

    assert [started.id] == [one.id for one in clients.builds.list_builds(project_id="my-project-1")]


def test_a_build_is_tried_again_while_the_service_is_away(cloud, clients, build, source, report):
    cloud.fail("CreateBuild", "unavailable", times=2)
    started, _ = start_build(clients, build, source, report)

    assert [started.id] == [one.id for one in clients.builds.list_builds(project_id="my-project-1")]


def test_a_refusal_is_reported_in_one_line(cloud, clients, build, source, report):
    cloud.deny("cloudbuild.builds.create")
    with pytest.raises(CloudError, match=r"cloudbuild\.builds\.create") as caught:
        start_build(clients, build, source, report)

    assert "\n" not in str(caught.value)


def test_an_image_of_the_commit_is_found_and_of_a_changed_tree_is_not(
    cloud, clients, root, settings
):
    clean = read_recipe("cpu", root, settings)
    assert find_built(clients, clean) is None

    digest = cloud.add_image("images", "train-cpu", tag=head(root))
    (root / "work" / "a.txt").write_text("changed")

    assert find_built(clients, clean).uri == f"{IMAGE}@{digest}"
    assert find_built(clients, read_recipe("cpu", root, settings)) is None


def test_the_command_uploads_builds_and_prints_the_digest(called_cloud, root, capsys):
    called_cloud.script_builds(BuildScript(logs=(LogLine(2, "Step 1/9 : FROM scratch"),)))

    assert main(["build", "cpu"]) == 0

    printed = capsys.readouterr()
    assert printed.out.startswith(f"{IMAGE}@sha256:")
    assert "Step 1/9 : FROM scratch" in printed.err
    (archive,) = called_cloud.read_objects(STAGING).values()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tarball:
        assert "dockerfiles/train_cpu.dockerfile" in tarball.getnames()

    assert main(["build", "cpu"]) == 0

    printed_again = capsys.readouterr()
    assert printed_again.out.startswith(f"{IMAGE}@sha256:")
    assert "has been built already" in printed_again.err
    assert count(called_cloud, "CreateBuild") == 1

    assert main(["build", "cpu", "--force", "--no-wait"]) == 0
    assert count(called_cloud, "CreateBuild") == 2


def test_a_build_that_fails_ends_with_1_and_its_last_lines(called_cloud, capsys):
    called_cloud.script_builds(BuildScript.failing(status=2))

    assert main(["build", "gpu"]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no image was built: " in printed.err
    assert "non-zero status: 2" in printed.err


def test_a_dry_run_prints_the_build_and_asks_nobody(called_cloud, capsys):
    assert main(["build", "gpu", "--dry-run"]) == 0

    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["substitutions"]["_DEVICE"] == "gpu"
    assert printed["steps"] == yaml.safe_load(CLOUDBUILD)["steps"]
    assert not called_cloud.requests


@pytest.fixture
def only_on_path(tmp_path, monkeypatch):
    """Puts programs that record how they are called in place of everything on PATH but git."""
    if sys.platform == "win32":
        pytest.skip("the programs are shell scripts")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(subprocess.check_output(["which", "git"], text=True).strip())

    def put(name, *, works: bool):
        script = folder / name
        ends = "exit 0" if works else '[ "$1" != info ] || { echo "no engine" >&2; exit 1; }'
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >> {tmp_path}/called\n{ends}\n')
        script.chmod(0o755)

    monkeypatch.setenv("PATH", str(folder))
    return put


@pytest.mark.parametrize("name", ["docker", "podman", "buildah"])
def test_the_builder_that_works_builds_here(root, only_on_path, tmp_path, capfd, name):
    for other in ("docker", "podman", "buildah"):
        only_on_path(other, works=other == name)
    commit = head(root)
    git_ignores(root)

    assert main(["build", "cpu", "--local"]) == 0

    called = (tmp_path / "called").read_text().split("\n")
    command = called[called.index("build") - 1 :]
    assert command[0].endswith(f"/{name}")
    assert f"--tag={IMAGE}:{commit}" in command
    assert f"--build-arg=COMMIT={commit}" in command
    assert "--build-arg=VERSION=1.2.3" in command
    assert f"--file={root / 'dockerfiles' / 'train_cpu.dockerfile'}" in command
    printed = capfd.readouterr().err
    assert ("docker is skipped, because it does not work: no engine" in printed) == (
        name != "docker"
    )


def test_where_no_builder_works_it_reports_what_to_do(root, only_on_path, capsys):
    only_on_path("docker", works=False)

    assert main(["build", "cpu", "--local"]) == 2
    assert "none of docker, podman, buildah works" in capsys.readouterr().err


def git_ignores(root):
    (root / ".git" / "info" / "exclude").write_text("bin/\ncalled\n")
