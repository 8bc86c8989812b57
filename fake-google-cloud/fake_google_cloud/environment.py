"""The variables that point programs at a fake cloud."""

from __future__ import annotations

# gcloud's names of the services, and what stands before `/v1` in the URLs that it forms.
_GCLOUD_SERVICES = (
    "AIPLATFORM",
    "ARTIFACTREGISTRY",
    "CLOUDBUILD",
    "CLOUDQUOTAS",
    "CLOUDRESOURCEMANAGER",
    "IAM",
    "LOGGING",
    "SECRETMANAGER",
    "SERVICEUSAGE",
)


def environment(url: str, project: str) -> dict[str, str]:
    """Return the variables for a fake cloud at a URL.

    They are for cs-cloud (CS_CLOUD_ENDPOINT), google-cloud-storage and gcsfs
    (STORAGE_EMULATOR_HOST), and gcloud, which keeps its own state: give it a folder of its own as
    CLOUDSDK_CONFIG.
    """
    return {
        "CS_CLOUD_ENDPOINT": url,
        "GOOGLE_CLOUD_PROJECT": project,
        "STORAGE_EMULATOR_HOST": url,
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"{url}/" for name in _GCLOUD_SERVICES},
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{url}/storage/v1/",
    }
