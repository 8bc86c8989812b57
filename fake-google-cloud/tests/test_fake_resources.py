"""What jobs need beside themselves: images, secrets, accounts, APIs, quota, permissions."""

from __future__ import annotations

from datetime import UTC, datetime

import google_crc32c
import pytest
import requests
from google.api_core import exceptions
from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
from google.cloud.cloudquotas_v1 import CloudQuotasClient
from google.cloud.resourcemanager_v3 import ProjectsClient
from google.cloud.secretmanager_v1 import SecretManagerServiceClient
from google.cloud.service_usage_v1 import ServiceUsageClient
from google.cloud.service_usage_v1.types import State

REPOSITORY = "projects/my-project-1/locations/europe-west1/repositories/images"
SECRET = "projects/my-project-1/secrets/WANDB_API_KEY"  # noqa: S105  its name  # pragma: allowlist secret
ACCOUNT = "trainer@my-project-1.iam.gserviceaccount.com"


def test_a_tag_leads_to_the_image_pushed_last(cloud, connect):
    registry = connect(ArtifactRegistryClient)
    uploaded = datetime(2026, 1, 2, tzinfo=UTC)
    cloud.add_image("images", "train-cpu", digest=f"sha256:{'a' * 64}", uploaded=uploaded)

    tag = registry.get_tag(name=f"{REPOSITORY}/packages/train-cpu/tags/latest")
    digest = tag.version.rpartition("/")[2]
    image = registry.get_docker_image(name=f"{REPOSITORY}/dockerImages/train-cpu@{digest}")

    assert digest == f"sha256:{'a' * 64}"
    assert image.uri.startswith("europe-west1-docker.pkg.dev/my-project-1/images/train-cpu@")
    assert image.tags == ["latest"]
    assert image.upload_time == uploaded
    assert registry.get_version(name=tag.version).name == tag.version


def test_images_and_tags_are_listed_by_page(cloud, connect):
    registry = connect(ArtifactRegistryClient)
    cloud.add_image("images", "train-cpu", tag="v2", digest=f"sha256:{'b' * 64}")

    pages = registry.list_docker_images(request={"parent": REPOSITORY, "page_size": 2}).pages
    tags = registry.list_tags(request={"parent": f"{REPOSITORY}/packages/train-cpu"})

    assert [len(page.docker_images) for page in pages] == [2, 1]
    assert [tag.name.rpartition("/")[2] for tag in tags] == ["latest", "v2"]


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get_repository", REPOSITORY.replace("images", "others")),
        ("get_repository", REPOSITORY.replace("europe-west1", "europe-west2")),
        ("get_tag", f"{REPOSITORY}/packages/train-cpu/tags/v9"),
        ("get_docker_image", f"{REPOSITORY}/dockerImages/train-cpu@sha256:{'c' * 64}"),
    ],
)
def test_what_is_not_in_the_registry_is_not_found(connect, method, name):
    with pytest.raises(exceptions.NotFound):
        getattr(connect(ArtifactRegistryClient), method)(name=name)


def test_a_secrets_value_comes_with_its_checksum(cloud, connect):
    secrets = connect(SecretManagerServiceClient)
    cloud.add_secret("WANDB_API_KEY", "second")

    latest = secrets.access_secret_version(name=f"{SECRET}/versions/latest")
    first = secrets.access_secret_version(name=f"{SECRET}/versions/1")

    assert latest.payload.data == b"second"
    assert latest.payload.data_crc32c == google_crc32c.value(b"second")
    assert latest.name.endswith("/secrets/WANDB_API_KEY/versions/2")
    assert first.payload.data == b"not-a-real-key"


def test_a_secret_tells_who_may_read_it(connect):
    secrets = connect(SecretManagerServiceClient)

    policy = secrets.get_iam_policy(request={"resource": SECRET})

    assert secrets.get_secret(name=SECRET).name.endswith("/secrets/WANDB_API_KEY")
    (binding,) = policy.bindings
    assert binding.role == "roles/secretmanager.secretAccessor"
    assert list(binding.members) == [f"serviceAccount:{ACCOUNT}"]


def test_a_secret_that_cannot_be_read_is_refused(cloud, connect):
    secrets = connect(SecretManagerServiceClient)
    cloud.add_secret("OFF", "value", enabled=False)

    with pytest.raises(exceptions.BadRequest, match="DISABLED"):
        secrets.access_secret_version(name="projects/my-project-1/secrets/OFF/versions/latest")
    with pytest.raises(exceptions.NotFound):
        secrets.get_secret_version(name=f"{SECRET}/versions/7")
    with pytest.raises(exceptions.NotFound, match="NONE"):
        secrets.get_secret(name="projects/my-project-1/secrets/NONE")


def test_the_project_tells_who_has_which_role_on_it(cloud, connect):
    cloud.grant("roles/viewer", "group:all@example.com")
    cloud.grant("roles/owner", "user:me@example.com", condition="request.time.getHours() < 9")
    projects = connect(ProjectsClient)

    policies = [
        projects.get_iam_policy(
            request={
                "resource": "projects/my-project-1",
                "options": {"requested_policy_version": version},
            }
        )
        for version in (1, 3)
    ]

    assert [policy.version for policy in policies] == [1, 3]
    assert policies[0].bindings[0] == policies[1].bindings[0]
    assert list(policies[0].bindings[0].members) == ["group:all@example.com"]
    first, third = (policy.bindings[1] for policy in policies)
    assert first.role.startswith("roles/owner_withcond_")
    assert third.role == "roles/owner"
    assert third.condition.expression == "request.time.getHours() < 9"


def test_apis_are_enabled_or_not(cloud, connect):
    usage = connect(ServiceUsageClient)
    cloud.disable("cloudbuild.googleapis.com")
    names = [
        f"projects/my-project-1/services/{api}.googleapis.com"
        for api in ("aiplatform", "cloudbuild")
    ]

    both = usage.batch_get_services(
        request={"parent": "projects/my-project-1", "names": names}
    ).services

    assert [service.state for service in both] == [State.ENABLED, State.DISABLED]


def test_an_api_that_is_not_enabled_refuses_every_call(cloud, connect):
    cloud.disable("secretmanager.googleapis.com")

    with pytest.raises(exceptions.Forbidden) as refused:
        connect(SecretManagerServiceClient).get_secret(name=SECRET)

    assert refused.value.reason == "SERVICE_DISABLED"
    assert refused.value.metadata["service"] == "secretmanager.googleapis.com"


def test_a_denied_permission_is_neither_granted_nor_honoured(cloud, connect):
    cloud.deny("resourcemanager.projects.get")
    projects = connect(ProjectsClient)

    granted = projects.test_iam_permissions(
        resource="projects/my-project-1",
        permissions=["aiplatform.customJobs.create", "resourcemanager.projects.get"],
    )

    assert list(granted.permissions) == ["aiplatform.customJobs.create"]
    with pytest.raises(exceptions.Forbidden, match=r"resourcemanager\.projects\.get"):
        projects.get_project(name="projects/my-project-1")


def test_the_project_has_a_number(connect):
    project = connect(ProjectsClient).get_project(name="projects/my-project-1")

    assert (project.name, project.project_id) == ("projects/123456789012", "my-project-1")


def test_another_project_is_refused_as_if_it_were_forbidden(connect):
    with pytest.raises(exceptions.Forbidden, match="may not exist"):
        connect(ProjectsClient).get_project(name="projects/another-project")


def test_a_quota_is_given_by_region(connect):
    quotas = connect(CloudQuotasClient)
    parent = "projects/my-project-1/locations/global/services/aiplatform.googleapis.com/quotaInfos"

    info = quotas.get_quota_info(name=f"{parent}/CustomModelTrainingT4GPUsPerProjectPerRegion")

    (limit,) = info.dimensions_infos
    assert limit.dimensions["region"] == "europe-west1"
    assert limit.details.value == 1
    with pytest.raises(exceptions.NotFound):
        quotas.get_quota_info(name=f"{parent}/NoSuchQuota")


@pytest.mark.parametrize("project", ["my-project-1", "-"])
def test_a_service_account_is_found(cloud, project):
    cloud.deny("iam.serviceAccounts.actAs")
    url = f"{cloud.url}/v1/projects/{project}/serviceAccounts/{ACCOUNT}"
    asked = {"permissions": ["iam.serviceAccounts.actAs", "iam.serviceAccounts.get"]}

    found = requests.get(url, timeout=5).json()
    granted = requests.post(f"{url}:testIamPermissions", json=asked, timeout=5).json()
    missing = requests.get(url.replace("trainer", "nobody"), timeout=5)

    assert (found["email"], found["disabled"]) == (ACCOUNT, False)
    assert granted["permissions"] == ["iam.serviceAccounts.get"]
    assert missing.status_code == 404
    assert "nobody" in missing.json()["error"]["message"]
