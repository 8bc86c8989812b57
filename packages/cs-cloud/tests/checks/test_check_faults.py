from __future__ import annotations

import pytest

from fake_google_cloud import FakeCloud

ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"
ME = '"user:$(gcloud config get account)"'
READER = "roles/secretmanager.secretAccessor"
T4 = "CustomModelTrainingT4GPUsPerProjectPerRegion"


def break_nothing(_: FakeCloud) -> None:
    """Leaves the project as it is: the job asks for what is not there."""


def disable_version(cloud: FakeCloud) -> None:
    cloud.add_secret("WANDB_API_KEY", "x", readers=[f"serviceAccount:{ACCOUNT}"], enabled=False)


PROJECT = "--project=my-project-1"
FAULTS = {
    "an API": (
        lambda cloud: cloud.disable("cloudbuild.googleapis.com"),
        (),
        "APIs: not enabled: cloudbuild.googleapis.com",
        f"gcloud services enable cloudbuild.googleapis.com {PROJECT}",
    ),
    "two APIs, which others need": (
        lambda cloud: cloud.disable("secretmanager.googleapis.com", "aiplatform.googleapis.com"),
        (),
        "APIs: not enabled: aiplatform.googleapis.com, secretmanager.googleapis.com",
        f"gcloud services enable aiplatform.googleapis.com secretmanager.googleapis.com {PROJECT}",
    ),
    "the permission to create jobs": (
        lambda cloud: cloud.deny("aiplatform.customJobs.create"),
        (),
        "creating jobs: you may not (aiplatform.customJobs.create)",
        "gcloud projects add-iam-policy-binding my-project-1"
        f" --member={ME} --role=roles/aiplatform.user",
    ),
    "the tag, on a GPU": (
        lambda cloud: cloud.add_image("images", "train", tag="v2"),
        [("train:latest", "train:v3")],
        "image train:v3: is not in images: its tags are latest, v2",
        "nox -s build -- gpu",
    ),
    "the image": (
        break_nothing,
        [("train:latest", "trian:latest")],
        "image trian:latest: is not in images: there is no trian at all",
        "nox -s build -- gpu",
    ),
    "the digest": (
        break_nothing,
        [("train:latest", f"train@sha256:{'0' * 64}")],
        f"image train@sha256:{'0' * 64}: is not in images: its tags are latest",
        "nox -s build -- gpu",
    ),
    "the repository": (
        break_nothing,
        [("${registry}", "pictures")],
        "image train:latest: there is no repository pictures in europe-west1,"
        " so build the image after it",
        "gcloud artifacts repositories create pictures --repository-format=docker"
        f" --location=europe-west1 {PROJECT}",
    ),
    "the repository, in a region of its own": (
        break_nothing,
        [("${region}-docker", "us-docker")],
        "image train:latest: there is no repository images in us, so build the image after it",
        "gcloud artifacts repositories create images --repository-format=docker"
        f" --location=us {PROJECT}",
    ),
    "the secret": (
        break_nothing,
        [("${wandb_secret}", "OTHER")],
        "secret OTHER: there is none in my-project-1; type its value, then ^D",
        f"gcloud secrets create OTHER --data-file=- {PROJECT}",
    ),
    "the version": (
        break_nothing,
        [("versions/latest", "versions/7")],
        "secret WANDB_API_KEY: has no version 7; type its value, then ^D",
        f"gcloud secrets versions add WANDB_API_KEY --data-file=- {PROJECT}",
    ),
    "a version that is enabled": (
        disable_version,
        (),
        "secret WANDB_API_KEY: version 2 is disabled",
        f"gcloud secrets versions enable 2 --secret=WANDB_API_KEY {PROJECT}",
    ),
    "a reader of the secret": (
        lambda cloud: cloud.add_secret("WANDB_API_KEY", "x", readers=["user:somebody@else.com"]),
        (),
        f"secret WANDB_API_KEY: serviceAccount:{ACCOUNT} may not read it:"
        " neither its own policy nor its project's grants that",
        f"gcloud secrets add-iam-policy-binding WANDB_API_KEY --member=serviceAccount:{ACCOUNT}"
        f" --role={READER} {PROJECT}",
    ),
    "the output bucket": (
        break_nothing,
        [("${output_bucket}", "gs://nowhere/jobs/")],
        "bucket nowhere: is not there",
        "gcloud storage buckets create gs://nowhere --location=europe-west1"
        f" --uniform-bucket-level-access {PROJECT}",
    ),
    "a reader of the data": (
        lambda cloud: cloud.add_bucket("tickets", grants={}),
        (),
        f"bucket tickets: serviceAccount:{ACCOUNT} may not read it:"
        " neither its own policy nor its project's grants that",
        "gcloud storage buckets add-iam-policy-binding gs://tickets"
        f" --member=serviceAccount:{ACCOUNT} --role=roles/storage.objectViewer",
    ),
    "a writer of the model": (
        lambda cloud: cloud.add_bucket("models", grants={}),
        (),
        f"bucket models: serviceAccount:{ACCOUNT} may not write it:"
        " neither its own policy nor its project's grants that",
        "gcloud storage buckets add-iam-policy-binding gs://models"
        f" --member=serviceAccount:{ACCOUNT} --role=roles/storage.objectUser",
    ),
    "any quota": (
        lambda cloud: cloud.set_quota(T4, 0),
        (),
        "quota T4GPUs: is 0 in europe-west1, but a job takes 1",
        f"gcloud beta quotas preferences create --service=aiplatform.googleapis.com --quota-id={T4}"
        f" --preferred-value=1 --dimensions=region=europe-west1 {PROJECT}",
    ),
    "the service account": (
        break_nothing,
        [("${service_account}", "other@my-project-1.iam.gserviceaccount.com")],
        "service account: there is no other@my-project-1.iam.gserviceaccount.com",
        f"gcloud iam service-accounts create other {PROJECT}",
    ),
    "a service account that is enabled": (
        lambda cloud: cloud.add_service_account(ACCOUNT, disabled=True),
        (),
        f"service account: {ACCOUNT} is disabled",
        f"gcloud iam service-accounts enable {ACCOUNT} {PROJECT}",
    ),
    "the permission to act as it": (
        lambda cloud: cloud.deny("iam.serviceAccounts.actAs"),
        (),
        f"service account: you may not let a job run as {ACCOUNT} (iam.serviceAccounts.actAs)",
        f"gcloud iam service-accounts add-iam-policy-binding {ACCOUNT}"
        f" --member={ME} --role=roles/iam.serviceAccountUser {PROJECT}",
    ),
}


@pytest.mark.parametrize("missing", FAULTS)
def test_what_is_missing_is_reported_once_with_its_fix(run, ready: FakeCloud, missing: str):
    damage, changes, expected, fix = FAULTS[missing]
    damage(ready)
    if "other@" in expected:  # only one thing is wrong at a time
        for role in (READER, "roles/storage.objectUser"):
            ready.grant(role, "serviceAccount:other@my-project-1.iam.gserviceaccount.com")

    [failed] = run(*changes).failed

    assert f"{failed.name}: {failed.detail}" == expected
    assert failed.fix == fix


def test_a_quota_too_small_for_two_accelerators_is_reported(run):
    [failed] = run(("acceleratorCount: 1", "acceleratorCount: 2")).failed

    assert (failed.name, failed.detail) == (
        "quota T4GPUs",
        "is 1 in europe-west1, but a job takes 2",
    )
    assert "--preferred-value=2 " in failed.fix
