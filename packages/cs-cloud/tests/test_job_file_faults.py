from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cs_cloud import CloudError, Settings
from cs_cloud.jobs.job_file import read_job_file

Write = Callable[[str], Path]
A_KEY = "0123456789abcdef" * 3
POOL = "workerPoolSpecs[0]"
FORM = "sm://projects/PROJECT/secrets/NAME/versions/VERSION"
ADVICE = (
    f"whoever sees the job could read it; put it into Secret Manager and write {FORM};"
    " if it was committed or shared, revoke it"
)
ONE_MACHINE = (
    "a job trains on one machine for now: several would each train the same model into the same"
    " folder"
)
IN_ARGS = (
    "holds what looks like a key: whoever sees the job could read it; pass it in env, by its name;"
    " if it was committed or shared, revoke it"
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # pools
        (
            "replicaCount: 1",
            "replicaCount: 0",
            f"2: {POOL}.replicaCount must be 1, got 0: {ONE_MACHINE}",
        ),
        (
            "replicaCount: 1",
            "replicaCount: 2",
            f"2: {POOL}.replicaCount must be 1, got 2: {ONE_MACHINE}",
        ),
        (
            "scheduling:",
            "  - replicaCount: 1\nscheduling:",
            f"19: workerPoolSpecs[1] is a second worker pool, but {ONE_MACHINE}; keep one pool with"
            " replicaCount 1",
        ),
        # machines
        (
            "      machineType: n1-standard-8\n",
            "",
            f"3: {POOL}.machineSpec.machineType is missing; give it one such as n1-standard-8",
        ),
        (
            "n1-standard-8",
            "n1-standart-8",
            f"4: {POOL}.machineSpec.machineType is n1-standart-8, which is not a known machine"
            " type; did you mean n1-standard-8?",
        ),
        (
            "n1-standard-8",
            "large",
            f"4: {POOL}.machineSpec.machineType is large, which is not a known machine type;"
            " if it is new, add it to machines.toml",
        ),
        (
            "n1-standard-8",
            "e2-standard-8",
            f"5: {POOL}.machineSpec.acceleratorType is NVIDIA_TESLA_T4, but e2-standard-8 goes"
            " with no accelerator",
        ),
        (
            "n1-standard-8",
            "g2-standard-8",
            f"5: {POOL}.machineSpec.acceleratorType is NVIDIA_TESLA_T4, but g2-standard-8 goes"
            " with 1 NVIDIA_L4",
        ),
        (
            "acceleratorCount: 1",
            "acceleratorCount: 3",
            f"6: {POOL}.machineSpec.acceleratorCount is 3, but n1-standard-8 goes with 1/2/4"
            " NVIDIA_TESLA_T4",
        ),
        (
            "n1-standard-8\n      acceleratorType: NVIDIA_TESLA_T4\n      acceleratorCount: 1",
            "a2-highgpu-1g",
            f"3: {POOL}.machineSpec.acceleratorType is missing; a2-highgpu-1g comes with"
            " 1 NVIDIA_TESLA_A100",
        ),
        (
            "n1-standard-8\n      acceleratorType: NVIDIA_TESLA_T4",
            "n1-standard-8",
            f"3: {POOL}.machineSpec.acceleratorType is missing beside acceleratorCount 1",
        ),
        # disks
        (
            "pd-ssd",
            "pd-sdd",
            f"8: {POOL}.diskSpec.bootDiskType is pd-sdd, but must be one of pd-ssd, pd-standard,"
            " hyperdisk-balanced",
        ),
        (
            "bootDiskSizeGb: 100",
            "bootDiskSizeGb: 10",
            f"9: {POOL}.diskSpec.bootDiskSizeGb is 10, but must be from 100 to 64000 GB",
        ),
        # containers
        (
            "${region}-docker.pkg.dev/${project}/${registry}/train:latest",
            "https://example.com/train",
            f"11: {POOL}.containerSpec.imageUri is 'https://example.com/train', but must be an"
            " image: HOST/PATH/NAME:TAG",
        ),
        (
            "imageUri: ${region}-docker.pkg.dev/${project}/${registry}/train:latest",
            "command: [train]",
            f"10: {POOL}.containerSpec.imageUri is '', but must be an image: HOST/PATH/NAME:TAG",
        ),
        (
            "train:latest",
            "train-cpu:latest",
            f"11: {POOL}.containerSpec.imageUri is the image without CUDA, which leaves the"
            " NVIDIA_TESLA_T4 idle; take train-cu128, or no accelerator",
        ),
        (
            """      acceleratorType: NVIDIA_TESLA_T4
      acceleratorCount: 1
    diskSpec:
      bootDiskType: pd-ssd
      bootDiskSizeGb: 100
    containerSpec:
      imageUri: ${region}-docker.pkg.dev/${project}/${registry}/train:latest
""",
            """    diskSpec:
      bootDiskType: pd-ssd
      bootDiskSizeGb: 100
    containerSpec:
      imageUri: ${region}-docker.pkg.dev/${project}/${registry}/train-cu128@sha256:SHA
""".replace("SHA", "0" * 64),
            f"9: {POOL}.containerSpec.imageUri is the image for GPUs, but the machine has none;"
            " take train-cpu, an accelerator, or the argument accelerator=cpu",
        ),
        (
            "args:\n",
            f"args:\n        - wandb.key={A_KEY}\n",
            f"13: {POOL}.containerSpec.args[0] {IN_ARGS}",
        ),
        (
            "      args:",
            f"      command: [sh, -c, 'WANDB_API_KEY={A_KEY} train']\n      args:",
            f"12: {POOL}.containerSpec.command[2] {IN_ARGS}",
        ),
        # env
        (
            "name: TOKENIZERS_PARALLELISM",
            f"name: WANDB_KEY={A_KEY}",
            f"17: {POOL}.containerSpec.env[1].name must be letters, digits and `_`, with no digit"
            " first",
        ),
        (
            "name: TOKENIZERS_PARALLELISM",
            "name: AIP_MODEL_DIR",
            f"17: {POOL}.containerSpec.env[1].name is AIP_MODEL_DIR, which Vertex AI sets itself;"
            " use another",
        ),
        (
            "name: TOKENIZERS_PARALLELISM",
            "name: WANDB_API_KEY",
            f"17: {POOL}.containerSpec.env[1].name is WANDB_API_KEY, as in line 15; keep one of"
            " them",
        ),
        (
            "sm://projects/${project}/secrets/${wandb_secret}/versions/latest",
            "sm://projects/${project}/secrets/${wandb_secret}",
            f"16: {POOL}.containerSpec.env[0].value names a secret, but not in the form {FORM}",
        ),
        (
            "sm://projects/${project}/secrets/${wandb_secret}/versions/latest",
            "hunter2",
            f"16: {POOL}.containerSpec.env[0].value is written out, and WANDB_API_KEY is the name"
            f" of a secret: {ADVICE}",
        ),
        (
            '"false"',
            f'"{A_KEY}"',
            f"18: {POOL}.containerSpec.env[1].value is written out, and looks like a key: {ADVICE}",
        ),
        # the job
        (
            "  timeout: 3600s\n",
            "",
            "19: scheduling.timeout is missing: a job that hangs would be paid for 7 days;"
            " give it one",
        ),
        (
            "3600s",
            "0s",
            "20: scheduling.timeout is 0s, but must be more than 0s and at most 604800s, which is"
            " 7 days",
        ),
        (
            "3600s",
            "604801s",
            "20: scheduling.timeout is 604801s, but must be more than 0s and at most 604800s,"
            " which is 7 days",
        ),
        (
            "STANDARD",
            "SPOT",
            "21: scheduling.strategy is SPOT, whose machines can be taken away; set"
            " restartJobOnWorkerRestart: true",
        ),
        (
            "serviceAccount: ${service_account}\n",
            "",
            "1: serviceAccount is missing: Vertex AI's own account may not read secrets;"
            " set ${service_account}",
        ),
        (
            "${service_account}",
            "trainer",
            "22: serviceAccount is 'trainer', but must be a service account's e-mail",
        ),
        (
            "baseOutputDirectory:\n  outputUriPrefix: ${output_bucket}\n",
            "",
            "1: baseOutputDirectory.outputUriPrefix is missing: the trained model would be lost;"
            " set ${output_bucket}",
        ),
        (
            "${output_bucket}",
            "s3://models/",
            "24: baseOutputDirectory.outputUriPrefix is 's3://models/', but must be a folder:"
            " gs://BUCKET/…/",
        ),
        (
            "${output_bucket}",
            "${output_buket}",
            "24: baseOutputDirectory.outputUriPrefix holds ${output_buket}, which is not a"
            " known name; did you mean ${output_bucket}?",
        ),
    ],
)
def test_a_fault_is_reported_with_its_line_and_without_any_secret(
    write_yaml: Write, settings: Settings, a_job: str, old: str, new: str, expected: str
):
    assert a_job.count(old) == 1
    path = write_yaml(a_job.replace(old, new))

    with pytest.raises(CloudError) as caught:
        read_job_file(path, settings)

    message = str(caught.value)

    assert message == f"{path}:{expected}"
    assert A_KEY not in message
    assert "hunter2" not in message
