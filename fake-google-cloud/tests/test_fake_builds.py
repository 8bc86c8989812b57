from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
from google.cloud.devtools.cloudbuild_v1 import CloudBuildClient
from google.cloud.devtools.cloudbuild_v1.types import Build

from fake_google_cloud import BuildScript, LogLine

GLOBAL = "projects/my-project-1/locations/global"
REGIONAL = "projects/my-project-1/locations/europe-west1"
IMAGE = "europe-west1-docker.pkg.dev/my-project-1/images/train-gpu"


@pytest.fixture
def builds(connect):
    return connect(CloudBuildClient)


def build(**fields):
    return {"steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "."]}], **fields}


def create(builds, parent=GLOBAL, **fields):
    operation = builds.create_build(request={"parent": parent, "build": build(**fields)})
    return operation.metadata.build


@pytest.mark.parametrize("parent", [GLOBAL, REGIONAL])
def test_a_build_goes_through_its_states(cloud, builds, parent):
    created = create(builds, parent)
    seen = [created.status]
    for _ in range(3):
        cloud.clock.advance(1)
        name = f"{parent}/builds/{created.id}"
        seen.append(builds.get_build(request={"name": name}).status)

    assert [status.name for status in seen] == ["QUEUED", "WORKING", "WORKING", "SUCCESS"]


def test_a_build_that_succeeds_pushes_its_images_by_digest(cloud, connect, builds):
    created = create(builds, images=[f"{IMAGE}:v1"])
    registry = connect(ArtifactRegistryClient)
    tag = f"{REGIONAL}/repositories/images/packages/train-gpu/tags/v1"
    with pytest.raises(exceptions.NotFound):
        registry.get_tag(name=tag)

    cloud.clock.advance(3)

    done = builds.get_build(project_id="my-project-1", id=created.id)
    (image,) = done.results.images
    assert image.name == f"{IMAGE}:v1"
    assert registry.get_tag(name=tag).version.endswith(f"/versions/{image.digest}")


def test_an_image_without_a_tag_is_pushed_as_the_latest(cloud, connect, builds):
    created = create(builds, images=[IMAGE])
    cloud.clock.advance(3)

    done = builds.get_build(project_id="my-project-1", id=created.id)

    tag = f"{REGIONAL}/repositories/images/packages/train-gpu/tags/latest"
    version = connect(ArtifactRegistryClient).get_tag(name=tag).version
    assert [image.name for image in done.results.images] == [IMAGE, f"{IMAGE}:latest"]
    assert {f"versions/{image.digest}" for image in done.results.images} == {
        "/".join(version.split("/")[-2:])
    }


def test_an_image_of_a_repository_that_is_not_there_fails_the_build(cloud, builds):
    created = create(builds, images=[IMAGE.replace("images", "elsewhere")])
    cloud.clock.advance(3)

    failed = builds.get_build(project_id="my-project-1", id=created.id)

    assert failed.status == Build.Status.FAILURE
    assert "its repository does not exist" in failed.status_detail


def test_the_log_grows_in_its_bucket_as_the_build_goes(cloud, builds):
    cloud.script_builds(BuildScript(logs=(LogLine(2, "Step 1/9 : FROM scratch"),)))
    cloud.add_bucket("logs")
    created = create(builds, logs_bucket="gs://logs/builds")

    def log():
        return cloud.read_objects("logs")[f"builds/log-{created.id}.txt"].decode()

    cloud.clock.advance(1)
    assert log() == f'starting build "{created.id}"\n'
    cloud.clock.advance(1)
    assert log().endswith("Step 1/9 : FROM scratch\n")
    cloud.clock.advance(1)
    assert log().endswith("DONE\n")


def test_a_step_that_fails_fails_the_build(cloud, builds):
    cloud.script_builds(BuildScript.failing(status=2))
    created = create(builds)
    cloud.clock.advance(3)

    failed = builds.get_build(project_id="my-project-1", id=created.id)

    assert failed.status == Build.Status.FAILURE
    assert failed.failure_info.type_ == Build.FailureInfo.FailureType.USER_BUILD_STEP
    assert "non-zero status: 2" in failed.failure_info.detail


def test_a_build_that_takes_longer_than_its_timeout_times_out(cloud, builds):
    cloud.script_builds(BuildScript(states=(("QUEUED", 1), ("WORKING", 700))))
    created = create(builds)
    cloud.clock.advance(601)

    late = builds.get_build(project_id="my-project-1", id=created.id)

    assert late.status == Build.Status.TIMEOUT


def test_a_build_is_cancelled_once(cloud, builds):
    created = create(builds)
    cloud.clock.advance(2)

    cancelled = builds.cancel_build(project_id="my-project-1", id=created.id)

    assert cancelled.status == Build.Status.CANCELLED
    with pytest.raises(exceptions.BadRequest, match="completed"):
        builds.cancel_build(project_id="my-project-1", id=created.id)


def test_builds_are_listed_newest_first_by_page_and_filter(cloud, builds):
    ids = [create(builds, tags=[f"n{number}"]).id for number in range(3)]
    builds.cancel_build(project_id="my-project-1", id=ids[0])

    pages = builds.list_builds(request={"project_id": "my-project-1", "page_size": 2}).pages
    queued = builds.list_builds(project_id="my-project-1", filter='status="QUEUED"')
    tagged = builds.list_builds(project_id="my-project-1", filter='tags="n1"')

    assert [[found.id for found in page.builds] for page in pages] == [[ids[2], ids[1]], [ids[0]]]
    assert [found.id for found in queued] == [ids[2], ids[1]]
    assert [found.id for found in tagged] == [ids[1]]


def test_substitutions_are_replaced(builds):
    steps = [{"name": "bash", "args": ["-c", "echo ${_NAME} $PROJECT_ID $$HOME $(date)"]}]

    created = create(builds, steps=steps, substitutions={"_NAME": "gpu"})

    assert created.steps[0].args[1] == "echo gpu my-project-1 $HOME $(date)"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"steps": []}, "build steps"),
        ({"steps": [{"args": ["x"]}]}, "must have a name"),
        ({"steps": [{"name": "x", "wait_for": ["y"]}]}, "no step before it"),
        ({"substitutions": {"_UNUSED": "x"}}, '"_UNUSED" in the substitution data'),
        ({"substitutions": {"name": "x"}}, 'invalid substitution key "name"'),
        ({"steps": [{"name": "x", "args": ["$_NONE"]}]}, '"_NONE" is not matched'),
        ({"steps": [{"name": "x", "args": ["$NONE"]}]}, "not a valid built-in"),
        ({"images": ["no spaces please/x"]}, "invalid image name"),
        ({"images": [f"{IMAGE}:v1:latest"]}, "invalid image name"),
        (
            {"images": [f"{IMAGE}:$_TAG"], "substitutions": {"_TAG": "v1:latest"}},
            "invalid image name",
        ),
        ({"logs_bucket": "gs://nowhere"}, 'invalid bucket "nowhere"'),
        ({"service_account": "projects/my-project-1/serviceAccounts/x"}, "logs_bucket"),
    ],
)
def test_a_malformed_build_is_refused(builds, fields, message):
    with pytest.raises(exceptions.BadRequest, match=message):
        create(builds, **fields)


def test_a_source_that_is_not_there_fails_the_build(cloud, builds):
    source = {"storage_source": {"bucket": "tickets", "object": "source.tgz"}}
    created = create(builds, source=source)
    cloud.clock.advance(3)

    failed = builds.get_build(project_id="my-project-1", id=created.id)

    assert failed.status_detail == "fetching source: gs://tickets/source.tgz does not exist"


def test_a_trigger_is_kept_found_by_name_and_updated(builds):
    trigger = {
        "name": "images",
        "filename": ".gcp/cloudbuild.yaml",
        "github": {"owner": "team", "name": "repo", "push": {"branch": "^main$"}},
    }
    created = builds.create_build_trigger(request={"parent": REGIONAL, "trigger": trigger})

    created.disabled = True
    builds.update_build_trigger(request={"trigger": created, "trigger_id": created.id})

    found = builds.get_build_trigger(request={"name": f"{REGIONAL}/triggers/images"})
    assert found.id == created.id
    assert found.disabled
    assert [listed.id for listed in builds.list_build_triggers(request={"parent": REGIONAL})] == [
        created.id
    ]
    with pytest.raises(exceptions.Conflict):
        builds.create_build_trigger(request={"parent": REGIONAL, "trigger": trigger})


@pytest.mark.parametrize(
    "trigger",
    [
        {"name": "no event", "filename": "x"},
        {"name": "no-event", "filename": "x"},
        {"name": "no-build", "github": {"owner": "team", "name": "repo"}},
    ],
)
def test_a_malformed_trigger_is_refused(builds, trigger):
    with pytest.raises(exceptions.BadRequest, match="trigger"):
        builds.create_build_trigger(project_id="my-project-1", trigger=trigger)
