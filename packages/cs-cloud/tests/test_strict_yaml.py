from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from google.cloud.aiplatform_v1 import CustomJobSpec, TrainingPipeline, UpdateModelRequest
from google.cloud.devtools.cloudbuild_v1 import Build, BuildTrigger
from google.protobuf import json_format

from cs_cloud.strict_yaml.messages import locate_message

Write = Callable[[str], Path]
GIVEN = {"region": "europe-west1", "project": "my-project-1"}

A_JOB = """\
workerPoolSpecs:
  - replicaCount: 1
    machineSpec: &machine
      machineType: n1-standard-8
      acceleratorType: NVIDIA_TESLA_T4
      acceleratorCount: 1
    containerSpec:
      imageUri: somewhere/image:latest
      args: [a=1, "b: 2", ""]
      env:
        - {name: A, value: "1"}
  - replicaCount: 3
    machineSpec: *machine
    pythonPackageSpec: {}
scheduling:
  timeout: 1.5s
  restartJobOnWorkerRestart: False
  strategy: SPOT
"""
A_BUILD = """\
steps:
  - name: gcr.io/cloud-builders/docker
    dir: there
    args: [build, -t, $_IMAGE, --label, "$$x", .]
    timeout: 600s
    allowExitCodes: [1, -2]
    script: |
      echo ${_IMAGE}
source:
  storageSource: {bucket: b, object: o, generation: 7}
startTime: 2026-01-31T12:00:00Z
substitutions: {_IMAGE: a, "1": b}
secrets:
  - kmsKeyName: k
    secretEnv: {A: aGVsbG8=}
options: {machineType: E2_HIGHCPU_8, diskSizeGb: 200, sourceProvenanceHash: [SHA256, MD5]}
"""
A_TRIGGER = """\
name: on-push
github: {owner: o, name: n, push: {branch: ^main$, invertRegex: true}}
filename: cloudbuild.yaml
"""


def read(path, kind, given=None):
    return locate_message(path, kind, given).message


@pytest.mark.parametrize(
    ("kind", "text"), [(CustomJobSpec, A_JOB), (Build, A_BUILD), (BuildTrigger, A_TRIGGER)]
)
def test_a_good_file_is_the_very_message_that_the_apis_own_parser_gives(
    write_yaml: Write, kind: type, text: str
):
    document = yaml.safe_load(text)
    if "startTime" in document:  # which that loader has made a date of
        document["startTime"] = "2026-01-31T12:00:00Z"

    message = read(write_yaml(text), kind)

    assert message == kind.wrap(json_format.ParseDict(document, kind.pb()()))


def test_free_form_values_and_masks_are_read(write_yaml: Write):
    pipeline = read(
        write_yaml("trainingTaskInputs: {a: [1, 0.5, text, true, null, {b: ''}]}\n"),
        TrainingPipeline,
    )
    update = read(write_yaml("updateMask: name,displayName\n"), UpdateModelRequest)

    inputs = TrainingPipeline.pb(pipeline).training_task_inputs
    assert json_format.MessageToDict(inputs) == {"a": [1, 0.5, "text", True, None, {"b": ""}]}
    assert update.update_mask.paths == ["name", "display_name"]


def test_names_in_braces_are_replaced_and_two_dollars_are_one(write_yaml: Write):
    path = write_yaml('network: "${region}/${project}$$${region}"\nmodels: ["$${a}", $HOME]\n')

    job = read(path, CustomJobSpec, GIVEN)

    assert job.network == "europe-west1/my-project-1$europe-west1"
    assert list(job.models) == ["${a}", "$HOME"]


def test_without_substitutions_every_dollar_stays(write_yaml: Write):
    build = read(write_yaml("images: [$PROJECT_ID/$_A, '${_B}', $$x, '${']\n"), Build)

    assert list(build.images) == ["$PROJECT_ID/$_A", "${_B}", "$$x", "${"]


def test_the_line_of_each_field_is_known_and_of_what_is_missing_that_of_what_is_around(
    write_yaml: Write,
):
    job = locate_message(write_yaml(A_JOB), CustomJobSpec)

    assert job.line_of("workerPoolSpecs[1]") == 12
    assert job.line_of("workerPoolSpecs[0].containerSpec.env[0].value") == 11
    assert job.line_of("workerPoolSpecs[1].diskSpec.bootDiskType") == 12
    assert job.line_of("serviceAccount") == 1
    assert job.has("scheduling.strategy")
    assert not job.has("scheduling.disableRetries")
    fault = job.fault("scheduling.timeout", "is odd")
    assert str(fault) == f"{job.file}:16: scheduling.timeout is odd"
