from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cs_cloud.google.log_reader import LogLine
from cs_cloud.google.vertex import CustomJob, JobState
from cs_cloud.jobs.failures import explain_failure

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"
EXITED = (
    "The replica workerpool0-0 exited with a non-zero status of {}. To find out more about why your"
    " job exited please check the logs: https://console.cloud.google.com/logs/viewer?project=12345"
)


def explain(error, *messages, state="FAILED", ran=timedelta(minutes=10), replica="workerpool0-0"):
    job = CustomJob(
        name="projects/12345/locations/europe-west1/customJobs/77",
        display_name="best-gpu",
        state=JobState[f"JOB_STATE_{state}"],
        start_time=START,
        end_time=START + ran,
        error={"code": 13, "message": error},
        job_spec={
            "service_account": ACCOUNT,
            "scheduling": {"timeout": timedelta(hours=1)},
            "worker_pool_specs": [{"replica_count": 1}],
        },
    )
    lines = [LogLine(START, "ERROR", message, replica) for message in messages]
    return explain_failure(job, lines, "my-project-1")


CUDA = (
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3.11/site-packages/cs_train/loop.py", line 214, in _step',
    "    loss.backward()",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.88 GiB. GPU 0 has a total"
    " capacity of 14.58 GiB of which 1.05 GiB is free.",
)
NO_FILE = (
    "Traceback (most recent call last):\n"
    '  File "/app/train.py", line 3, in <module>\n'
    "    open('data/raw/full.csv')\n"
    "FileNotFoundError: [Errno 2] No such file or directory: 'data/raw/full.csv'"
)
WANDB = (
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3.11/site-packages/wandb/sdk/wandb_init.py", line 1184, in init',
    "wandb.errors.CommError: It appears that you do not have permission to access the requested"
    " resource. Please reach out to the project owner to grant you access.",
)
NO_READ = (
    "google.api_core.exceptions.Forbidden: 403 GET https://storage.googleapis.com/storage/v1/b/x:"
    f" {ACCOUNT} does not have storage.objects.get access to the Google Cloud Storage object."
    " Permission 'storage.objects.get' denied on resource (or it may not exist)."
)


@pytest.mark.parametrize(
    ("error", "messages", "cause", "fix"),
    [
        pytest.param(
            "The replica workerpool0-0 ran out-of-memory and exited with a non-zero status of"
            " 137(SIGKILL).",
            ["epoch 1"],
            "the memory of the machine was not enough",
            "a machineType with more memory",
            id="host memory",
        ),
        pytest.param(
            EXITED.format(137), [], "the memory of the machine", "more memory", id="exit 137"
        ),
        pytest.param(
            EXITED.format(1),
            ["RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"],
            "the memory of the machine",
            "more memory",
            id="allocator",
        ),
        pytest.param(
            EXITED.format(1), CUDA, "the memory of the GPU", "micro_batch_tokens", id="CUDA memory"
        ),
        pytest.param(
            "Failed to pull image europe-west1-docker.pkg.dev/p/images/train:x: ErrImagePull:"
            " manifest unknown",
            [],
            "the image could not be pulled",
            "nox -s build",
            id="image not there",
        ),
        pytest.param(
            "Permission 'artifactregistry.repositories.downloadArtifacts' denied on resource"
            " 'projects/p/locations/europe-west1/repositories/images' (or it may not exist).",
            [],
            "the image may not be read by Vertex AI",
            "roles/artifactregistry.reader",
            id="image not permitted",
        ),
        pytest.param(
            EXITED.format(1),
            [NO_READ],
            f"{ACCOUNT} lacks the permission storage.objects.get",
            "gcloud projects add-iam-policy-binding my-project-1"
            f" --member=serviceAccount:{ACCOUNT} --role=roles/storage.objectViewer",
            id="bucket not permitted",
        ),
        pytest.param(
            EXITED.format(2),
            [
                "cs-cloud: reading secret projects/p/secrets/WANDB_API_KEY: needs the permission"
                " secretmanager.versions.access, which is in the role …"
            ],
            f"{ACCOUNT} lacks the permission secretmanager.versions.access"
            " on projects/p/secrets/WANDB_API_KEY",
            f"--member=serviceAccount:{ACCOUNT} --role=roles/secretmanager.secretAccessor",
            id="secret not permitted",
        ),
        pytest.param(
            "The replica workerpool0-0 was preempted and the job has no restarts left.",
            [],
            "its machine was taken away",
            "STANDARD",
            id="preempted",
        ),
        pytest.param(
            "Resources are insufficient in region: europe-west1. Please try a different region.",
            [],
            "the region has no such machine free",
            "--region",
            id="no capacity",
        ),
        pytest.param(
            "The following quota metrics exceed quota limits:"
            " aiplatform.googleapis.com/custom_model_training_nvidia_t4_gpus",
            [],
            "the quota aiplatform.googleapis.com/custom_model_training_nvidia_t4_gpus is used up",
            "https://console.cloud.google.com/iam-admin/quotas?project=my-project-1",
            id="quota",
        ),
        pytest.param(
            EXITED.format(2),
            ["cs-train: training.num_epochs is 0, but must be 1 or more"],
            "cs-train: training.num_epochs is 0, but must be 1 or more",
            "fix that",
            id="bad configuration",
        ),
        pytest.param(
            EXITED.format(2),
            ["cs-data: gs://tickets/full.csv is not there; was it pushed?"],
            "cs-data: gs://tickets/full.csv is not there; was it pushed?",
            "fix that",
            id="data missing",
        ),
        pytest.param(
            EXITED.format(1),
            [NO_FILE],
            "something that it reads is not there: FileNotFoundError: [Errno 2]",
            "check the data set's name",
            id="file missing",
        ),
        pytest.param(
            EXITED.format(1),
            WANDB,
            "Weights & Biases refused: wandb.errors.CommError: It appears",
            "the entity and project",
            id="W&B",
        ),
        pytest.param(
            EXITED.format(1),
            ["OSError: [Errno 28] No space left on device: '/tmp/checkpoint'"],
            "the disk was full",
            "bootDiskSizeGb",
            id="disk",
        ),
        pytest.param(
            EXITED.format(1),
            [
                "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'priority'",
                "epoch 3",
                "Traceback (most recent call last):",
                '  File "/app/x.py", line 7, in run',
                "    raise ValueError(text)",
                "ValueError: no label `urgent`",
            ],
            "the program failed: ValueError: no label `urgent`",
            "cs-cloud logs 77 --region europe-west1",
            id="traceback",
        ),
        pytest.param(
            EXITED.format(255),
            ["cs-train: a line of a run that ended otherwise"],
            "The replica workerpool0-0 exited with a non-zero status of 255",
            "cs-cloud logs 77 --region europe-west1",
            id="nothing known",
        ),
    ],
)
def test_the_cause_of_a_failure_is_reported_with_a_fix(error, messages, cause, fix):
    failure = explain(error, *messages)

    assert failure.cause.startswith(cause)
    assert fix in failure.fix
    assert "\n" not in failure.cause + failure.fix


def test_a_job_that_ran_for_as_long_as_it_may_ran_out_of_time():
    failure = explain("Job is cancelled.", state="CANCELLED", ran=timedelta(hours=1, seconds=3))

    assert failure.cause == "it ran longer than scheduling.timeout allows, which is 1h00m"


def test_a_job_that_somebody_cancelled_is_no_failure_of_its_program():
    failure = explain("Job is cancelled.", NO_FILE, state="CANCELLED")

    assert failure.cause == "it was cancelled"


def test_a_job_that_never_got_a_machine_expired():
    assert "maxWaitDuration" in explain("", state="EXPIRED").cause


def test_a_job_of_which_nothing_is_known_has_a_cause_too():
    assert explain("").cause == "it ended FAILED, and nothing shows why"


def test_the_failing_replicas_last_lines_are_shown():
    messages = [f"step {number}" for number in range(50)]

    failure = explain(EXITED.format(1), *messages)
    assert [line.message for line in failure.lines] == messages[-20:]
    assert explain(EXITED.format(1), *messages, replica="workerpool1-0").lines == ()
