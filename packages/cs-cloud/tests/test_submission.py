from __future__ import annotations

import random
from datetime import UTC, datetime
from threading import Thread

import pytest

from cs_cloud import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.google.resources import location_of
from cs_cloud.images.image import resolve_image
from cs_cloud.jobs.experiment import Experiment
from cs_cloud.jobs.job import make_job
from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.jobs.submission import submit
from cs_cloud.working_tree import WorkingTree

EXPERIMENT = Experiment(("experiment=best",), "best", "full", ())
NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
IMAGE = "europe-west1-docker.pkg.dev/my-project-1/images/train-cpu:latest"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(Clients, "sleep", staticmethod(lambda _: None))


@pytest.fixture
def job(clients, settings, a_job, write_yaml):
    """A job as it is sent; with another experiment on demand."""

    def make(*arguments: str, now: datetime = NOW, commit: str = "c" * 40):
        spec = read_job_file(write_yaml(a_job), settings)
        experiment = Experiment(("experiment=best", *arguments), "best", "full", ())
        image = resolve_image(clients, IMAGE)
        return make_job("cpu", spec, experiment, image, WorkingTree(commit, 0), now)

    return make


@pytest.fixture
def send(clients):
    """Submit without waiting between attempts; what is reported is kept."""
    reported: list[str] = []

    def submit_now(job, *regions: str):
        where = regions or ("europe-west1",)
        return submit(clients, job, where, reported.append)

    submit_now.reported = reported
    return submit_now


def live(clients, region="europe-west1") -> list[str]:
    parent = f"projects/{clients.project}/locations/{region}"
    return [job.name for job in clients.jobs(region).list_custom_jobs(parent=parent)]


def created(cloud) -> int:
    return [request.method for request in cloud.requests].count("CreateCustomJob")


def test_a_job_has_its_image_by_digest_and_an_output_folder_of_its_own(job, cloud):
    made = job("seed=7")
    container = made.job_spec.worker_pool_specs[0].container_spec
    env = {one.name: one.value for one in container.env}

    assert container.image_uri.startswith(IMAGE.removesuffix(":latest") + "@sha256:")
    assert list(container.args) == ["experiment=best", "seed=7"]
    assert env["CS_IMAGE"] == container.image_uri
    assert env["CS_SUBMITTED_FROM"] == "c" * 40
    assert made.display_name == "best-cpu-20260131-093000"
    folder = made.job_spec.base_output_directory.output_uri_prefix
    assert folder.endswith(f"/best-cpu-20260131-093000-{made.labels['submission'][:6]}/")
    assert made.labels["experiment"] == "best"
    assert made.labels["commit"] == "c" * 12


def test_what_is_sent_decides_the_submission_and_when_does_not(job):
    later = datetime(2026, 2, 1, tzinfo=UTC)

    assert job().labels == job(now=later).labels
    assert job().labels["submission"] != job("seed=7").labels["submission"]
    assert job().labels["submission"] != job(commit="d" * 40).labels["submission"]


def test_a_job_is_started_once_while_it_is_live(job, send, cloud, clients):
    first = send(job())
    again = send(job(now=datetime(2026, 2, 1, tzinfo=UTC)))

    assert not first.existed
    assert again.existed
    assert again.resource.name == first.resource.name
    assert live(clients) == [first.resource.name]


def test_a_job_that_has_ended_is_started_anew(job, send, cloud, clients):
    first = send(job())
    cloud.clock.advance(3600)
    second = send(job())

    assert not second.existed
    assert second.resource.name != first.resource.name


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_lost_answer_never_makes_a_second_job(job, send, cloud, clients, times):
    cloud.fail("CreateCustomJob", "answer_lost", times=times)
    made = send(job())

    assert live(clients) == [made.resource.name]
    assert created(cloud) == 1
    assert "looking whether there is a job" in send.reported[0]


def test_an_answer_that_cannot_be_read_is_a_lost_one(job, send, cloud, clients):
    cloud.fail("CreateCustomJob", "garbage")
    made = send(job())

    assert live(clients) == [made.resource.name]


def test_what_may_be_tried_again_is(job, send, cloud, clients):
    cloud.fail("CreateCustomJob", "unavailable", times=2)
    made = send(job())

    assert live(clients) == [made.resource.name]
    assert len(send.reported) == 2


@pytest.mark.parametrize("kind", ["permission_denied", "unauthenticated", "not_found"])
def test_what_may_not_be_tried_again_is_not(job, send, cloud, clients, kind):
    cloud.fail("CreateCustomJob", kind)
    with pytest.raises(CloudError) as caught:
        send(job())

    assert created(cloud) == 1
    assert live(clients) == []
    assert "\n" not in str(caught.value)


def test_a_service_that_stays_away_is_reported_after_some_attempts(job, send, cloud, clients):
    cloud.fail("CreateCustomJob", "unavailable", times=9)
    with pytest.raises(CloudError, match="creating the job in europe-west1"):
        send(job())

    assert created(cloud) == 4
    assert live(clients) == []


def test_the_next_region_is_tried_where_the_first_has_no_room(job, send, cloud, clients):
    cloud.add_job_region("europe-west4")
    cloud.fail("CreateCustomJob", "resource_exhausted")
    made = send(job(), "europe-west1", "europe-west4")

    assert location_of(made.resource.name) == "europe-west4"
    assert live(clients) == []
    assert live(clients, "europe-west4") == [made.resource.name]
    assert "trying europe-west4" in send.reported[0]


def test_where_no_region_has_room_it_reports_what_to_do(job, send, cloud):
    cloud.add_job_region("europe-west4")
    cloud.fail("CreateCustomJob", "resource_exhausted", times=2)
    with pytest.raises(CloudError, match=r"europe-west4 has no room .* ask for more quota"):
        send(job(), "europe-west1", "europe-west4")


@pytest.mark.parametrize("quota", [1, 2])
def test_of_two_who_submit_at_once_one_job_lives(job, cloud, settings, clients, quota):
    cloud.set_quota("CustomModelTrainingT4GPUsPerProjectPerRegion", quota)
    results = []

    def other():
        mine = Clients(settings.project, cloud.environment)
        results.append(submit(mine, wanted, ["europe-west1"], lambda _: None))

    wanted = job()
    both = [Thread(target=other) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)
    parent = f"projects/{clients.project}/locations/europe-west1"
    alive = [
        found.name
        for found in clients.jobs("europe-west1").list_custom_jobs(parent=parent)
        if "CANCEL" not in found.state.name
    ]

    assert len(alive) == 1
    assert [result.resource.name for result in results] == alive * 2


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("docker.io/library/python:3.12", "is not in Artifact Registry"),
        (IMAGE.replace("latest", "v9"), "looking for the image"),
        (IMAGE.replace("train-cpu", "train-tpu"), "looking for the image"),
        (IMAGE.replace("images", "pictures"), "looking for the image"),
    ],
)
def test_an_image_that_is_not_there_is_reported(clients, uri, message):
    with pytest.raises(CloudError, match=message):
        resolve_image(clients, uri)


@pytest.mark.parametrize("seed", range(50))
def test_however_the_answers_go_wrong_there_is_one_job_in_the_end(
    job, cloud, clients, no_back_off, seed
):
    draw = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    wrong = ("answer_lost", "unavailable", "deadline", "internal", "garbage", "slow")
    for method in ("CreateCustomJob", "ListCustomJobs"):
        for kind in draw.choices(wrong, k=draw.randint(1, 5)):
            cloud.fail(method, kind, seconds=0.01)
    wanted, made, reported = job(f"seed={seed}"), None, []
    while made is None and len(reported) < 10:  # as a person would who reads the errors
        try:
            made = submit(clients, wanted, ["europe-west1"], lambda _: None)
        except CloudError as error:
            reported.append(str(error))

    assert made is not None, reported
    assert live(clients) == [made.resource.name]
