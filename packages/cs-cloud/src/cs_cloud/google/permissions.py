"""Which role gives a permission that was found missing."""

from __future__ import annotations

import re

# The narrowest predefined role that holds what begins so; the first that fits counts.
_ROLES = (
    ("aiplatform.", "roles/aiplatform.user"),
    ("artifactregistry.repositories.upload", "roles/artifactregistry.writer"),
    ("artifactregistry.repositories.create", "roles/artifactregistry.admin"),
    ("artifactregistry.tags.create", "roles/artifactregistry.writer"),
    ("artifactregistry.tags.update", "roles/artifactregistry.writer"),
    ("artifactregistry.", "roles/artifactregistry.reader"),
    ("cloudbuild.builds.get", "roles/cloudbuild.builds.viewer"),
    ("cloudbuild.builds.list", "roles/cloudbuild.builds.viewer"),
    ("cloudbuild.", "roles/cloudbuild.builds.editor"),
    ("cloudquotas.", "roles/cloudquotas.viewer"),
    ("iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"),
    ("iam.serviceAccounts.getAccessToken", "roles/iam.serviceAccountTokenCreator"),
    ("iam.", "roles/iam.serviceAccountViewer"),
    ("logging.logEntries.create", "roles/logging.logWriter"),
    ("logging.", "roles/logging.viewer"),
    ("resourcemanager.projects.get", "roles/browser"),
    ("secretmanager.versions.access", "roles/secretmanager.secretAccessor"),
    ("secretmanager.versions.add", "roles/secretmanager.secretVersionAdder"),
    ("secretmanager.versions.get", "roles/secretmanager.viewer"),
    ("secretmanager.versions.list", "roles/secretmanager.viewer"),
    ("secretmanager.secrets.get", "roles/secretmanager.viewer"),
    ("secretmanager.", "roles/secretmanager.admin"),
    ("serviceusage.services.enable", "roles/serviceusage.serviceUsageAdmin"),
    ("serviceusage.", "roles/serviceusage.serviceUsageConsumer"),
    ("storage.buckets.", "roles/storage.admin"),
    ("storage.objects.get", "roles/storage.objectViewer"),
    ("storage.objects.list", "roles/storage.objectViewer"),
    ("storage.", "roles/storage.objectUser"),
)
_SERVICES = "|".join(sorted({start.partition(".")[0] for start, _ in _ROLES}))
_PERMISSION = re.compile(rf"(?<![\w.-])(?:{_SERVICES})\.(?!googleapis)[a-z]\w*\.[a-z]\w*")


def find_permission(text: str) -> str:
    """Return the first permission that a text names, such as `storage.objects.get`, or ""."""
    found = _PERMISSION.search(text)
    return found[0] if found else ""


def role_with(permission: str) -> str:
    """Return a role that holds a permission, "" where none is known."""
    return next((role for start, role in _ROLES if permission.startswith(start)), "")


def grant(project: str, member: str, role: str) -> str:
    """Return the command that gives a role to a member, such as `serviceAccount:E-MAIL`."""
    return f"gcloud projects add-iam-policy-binding {project} --member={member} --role={role}"
