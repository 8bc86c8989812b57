from __future__ import annotations

from datetime import timedelta

import pytest
from google.api_core import exceptions
from google.cloud.aiplatform_v1 import JobServiceClient
from google.cloud.aiplatform_v1.types import JobState

from fake_google_cloud import JobScript, LogLine

PARENT = "projects/my-project-1/locations/europe-west1"


@pytest.fixture
def jobs(connect):
    return connect(JobServiceClient)


def job(name="train", labels=None, **spec):
    pool = {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "container_spec": {"image_uri": "europe-docker.pkg.dev/p/images/train"},
    }
    return {
        "display_name": name,
        "labels": labels or {},
        "job_spec": {"worker_pool_specs": [pool], **spec},
    }


def gpu_job(strategy="STRATEGY_UNSPECIFIED", count=1):
    with_gpu = job(scheduling={"strategy": strategy})
    machine = with_gpu["job_spec"]["worker_pool_specs"][0]["machine_spec"]
    machine |= {"accelerator_type": "NVIDIA_TESLA_T4", "accelerator_count": count}
    return with_gpu


def test_a_job_goes_through_its_states_as_the_clock_moves(cloud, jobs):
    created = jobs.create_custom_job(parent=PARENT, custom_job=job())
    seen = [created.state]
    for _ in range(4):
        cloud.clock.advance(1)
        seen.append(jobs.get_custom_job(name=created.name).state)

    assert [state.name.removeprefix("JOB_STATE_") for state in seen] == [
        "QUEUED",
        "PENDING",
        "RUNNING",
        "RUNNING",
        "SUCCEEDED",
    ]
    done = jobs.get_custom_job(name=created.name)
    assert done.start_time - done.create_time == timedelta(seconds=2)
    assert done.end_time - done.create_time == timedelta(seconds=4)
    assert done.update_time == done.end_time
    assert "/locations/europe-west1/customJobs/" in created.name


def test_all_that_is_wrong_with_a_job_is_refused_at_once(jobs):
    wrong = job(name="", labels={"Team": "x"})
    pool = wrong["job_spec"]["worker_pool_specs"][0]
    pool["machine_spec"] = {"accelerator_count": 1}
    pool["container_spec"] = {"env": [{"value": "no name"}]}

    with pytest.raises(exceptions.BadRequest) as refused:
        jobs.create_custom_job(parent=PARENT, custom_job=wrong)

    for field in (
        "custom_job.display_name",
        "custom_job.labels[Team]",
        "worker_pool_specs[0].container_spec.image_uri",
        "worker_pool_specs[0].container_spec.env[0].name",
        "worker_pool_specs[0].machine_spec.machine_type",
        "worker_pool_specs[0].machine_spec.accelerator_type",
    ):
        assert field in str(refused.value)


def test_a_job_without_a_worker_pool_is_refused(jobs):
    with pytest.raises(exceptions.BadRequest, match="worker_pool_specs"):
        jobs.create_custom_job(parent=PARENT, custom_job={"display_name": "x"})


def test_an_accelerator_on_a_machine_that_takes_none_of_its_kind_is_refused(jobs):
    wrong = gpu_job()
    wrong["job_spec"]["worker_pool_specs"][0]["machine_spec"]["machine_type"] = "g2-standard-8"

    with pytest.raises(exceptions.BadRequest, match="does not support accelerator"):
        jobs.create_custom_job(parent=PARENT, custom_job=wrong)


def test_an_enum_value_that_does_not_exist_is_refused(jobs):
    wrong = gpu_job()
    wrong["job_spec"]["worker_pool_specs"][0]["machine_spec"]["accelerator_type"] = 99

    with pytest.raises(exceptions.BadRequest, match=r"accelerator_type; .*AcceleratorType"):
        jobs.create_custom_job(parent=PARENT, custom_job=wrong)


def test_a_job_that_runs_as_an_unknown_account_is_refused(jobs):
    wrong = job(service_account="nobody@my-project-1.iam.gserviceaccount.com")

    with pytest.raises(exceptions.Forbidden, match="act as service_account: nobody@"):
        jobs.create_custom_job(parent=PARENT, custom_job=wrong)


@pytest.mark.parametrize(
    ("parent", "error"),
    [
        ("projects/another-project/locations/europe-west1", exceptions.Forbidden),
        ("projects/my-project-1/locations/us-central1", exceptions.BadRequest),
    ],
)
def test_another_project_or_region_is_refused(jobs, parent, error):
    with pytest.raises(error):
        jobs.create_custom_job(parent=parent, custom_job=job())


def test_more_gpus_than_the_quota_allows_are_refused_until_a_job_ends(cloud, jobs):
    jobs.create_custom_job(parent=PARENT, custom_job=gpu_job())

    with pytest.raises(exceptions.TooManyRequests, match="T4GPUs"):
        jobs.create_custom_job(parent=PARENT, custom_job=gpu_job())
    jobs.create_custom_job(parent=PARENT, custom_job=gpu_job("SPOT"))  # its own quota
    cloud.clock.advance(4)
    jobs.create_custom_job(parent=PARENT, custom_job=gpu_job())


def test_a_running_job_is_cancelled_in_two_steps(cloud, jobs):
    name = jobs.create_custom_job(parent=PARENT, custom_job=job()).name
    cloud.clock.advance(3)

    jobs.cancel_custom_job(name=name)

    assert jobs.get_custom_job(name=name).state == JobState.JOB_STATE_CANCELLING
    cloud.clock.advance(2)
    cancelled = jobs.get_custom_job(name=name)
    assert cancelled.state == JobState.JOB_STATE_CANCELLED
    assert cancelled.error.code == 1  # CANCELLED
    with pytest.raises(exceptions.BadRequest, match="JOB_STATE_CANCELLED"):
        jobs.cancel_custom_job(name=name)


def test_a_job_that_waits_is_cancelled_at_once_and_never_starts(cloud, jobs):
    name = jobs.create_custom_job(parent=PARENT, custom_job=job()).name

    jobs.cancel_custom_job(name=name)
    cloud.clock.advance(10)

    cancelled = jobs.get_custom_job(name=name)
    assert cancelled.state == JobState.JOB_STATE_CANCELLED
    assert "start_time" not in cancelled


def test_a_program_that_fails_leaves_its_status_in_the_error(cloud, jobs):
    cloud.script_jobs(JobScript.failing(status=3))
    name = jobs.create_custom_job(parent=PARENT, custom_job=job()).name
    cloud.clock.advance(4)

    failed = jobs.get_custom_job(name=name)

    assert failed.state == JobState.JOB_STATE_FAILED
    assert failed.error.message == ("The replica workerpool0-0 exited with a non-zero status of 3.")


@pytest.mark.parametrize(
    ("image", "state"),
    [
        ("images/train-cpu", "SUCCEEDED"),
        ("images/train-cpu:latest", "SUCCEEDED"),
        ("images/train-cpu@{digest}", "SUCCEEDED"),
        ("images/train-cpu:v9", "FAILED"),
        (f"images/train-cpu@sha256:{'0' * 64}", "FAILED"),
        ("elsewhere/train-cpu", "FAILED"),
    ],
)
def test_a_job_whose_image_is_not_there_fails_before_it_starts(cloud, jobs, image, state):
    digest = cloud.add_image("images", "train-cpu")
    sent = job()
    container = sent["job_spec"]["worker_pool_specs"][0]["container_spec"]
    path = image.format(digest=digest)
    container["image_uri"] = f"europe-west1-docker.pkg.dev/my-project-1/{path}"
    name = jobs.create_custom_job(parent=PARENT, custom_job=sent).name
    cloud.clock.advance(4)

    ended = jobs.get_custom_job(name=name)

    assert ended.state.name == f"JOB_STATE_{state}"
    assert ("start_time" in ended) == (state == "SUCCEEDED")
    assert (path in ended.error.message) == (state == "FAILED")


def test_a_preempted_job_waits_and_runs_again(cloud, jobs):
    cloud.script_jobs(JobScript.preempted())
    name = jobs.create_custom_job(parent=PARENT, custom_job=job()).name
    seen = []
    for _ in range(7):
        cloud.clock.advance(1)
        seen.append(jobs.get_custom_job(name=name).state.name.rpartition("_")[2])

    assert seen == "PENDING RUNNING RUNNING PENDING RUNNING RUNNING SUCCEEDED".split()


def test_a_script_with_a_state_or_a_severity_that_does_not_exist_is_not_accepted():
    with pytest.raises(ValueError, match="no state 'RUNING'"):
        JobScript(states=(("RUNING", 2),))
    with pytest.raises(ValueError, match="no severity 'WARN'"):
        LogLine(1, "hot", severity="WARN")


def test_jobs_are_listed_newest_first_and_by_page(jobs):
    for number in range(5):
        jobs.create_custom_job(parent=PARENT, custom_job=job(f"job-{number}"))

    pages = list(jobs.list_custom_jobs(request={"parent": PARENT, "page_size": 2}).pages)

    names = [[listed.display_name for listed in page.custom_jobs] for page in pages]
    assert names == [["job-4", "job-3"], ["job-2", "job-1"], ["job-0"]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ["new", "old"]),
        ('labels.submission="abc"', ["old"]),
        ("labels.submission=abc", ["old"]),
        ('labels.submission="abc" AND state="JOB_STATE_RUNNING"', ["old"]),
        ('(state="JOB_STATE_QUEUED" OR state="JOB_STATE_RUNNING")', ["new", "old"]),
        ('labels.submission="abc" AND (state="JOB_STATE_QUEUED" OR state="JOB_STATE_PENDING")', []),
        ('display_name="new"', ["new"]),
        ('NOT display_name="new"', ["old"]),
        ("labels.submission:*", ["old"]),
    ],
)
def test_jobs_are_listed_by_filter(cloud, jobs, wanted, found):
    jobs.create_custom_job(parent=PARENT, custom_job=job("old", {"submission": "abc"}))
    cloud.clock.advance(2)
    jobs.create_custom_job(parent=PARENT, custom_job=job("new"))

    listed = jobs.list_custom_jobs(request={"parent": PARENT, "filter": wanted})

    assert [one.display_name for one in listed] == found


@pytest.mark.parametrize(
    "wrong",
    ['stat="JOB_STATE_RUNNING"', 'state="RUNNING"', "state=", "(state=JOB_STATE_RUNNING", '"'],
)
def test_a_filter_that_means_nothing_is_refused(jobs, wrong):
    jobs.create_custom_job(parent=PARENT, custom_job=job())

    with pytest.raises(exceptions.BadRequest, match="Invalid filter"):
        jobs.list_custom_jobs(request={"parent": PARENT, "filter": wrong})


def test_a_page_token_of_another_list_is_refused(jobs):
    with pytest.raises(exceptions.BadRequest, match="token"):
        jobs.list_custom_jobs(request={"parent": PARENT, "page_token": "made-up"})
