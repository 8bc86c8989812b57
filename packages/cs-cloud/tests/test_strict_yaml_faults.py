from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud.aiplatform_v1 import CustomJobSpec
from google.cloud.devtools.cloudbuild_v1 import Build, BuildTrigger

from cs_cloud import CloudError
from cs_cloud.strict_yaml.messages import locate_message

Write = Callable[[str], Path]
GIVEN = {"region": "europe-west1", "project": "my-project-1"}
POOL = "workerPoolSpecs[0]"
JOB_KEYS = "persistentResourceId, workerPoolSpecs, scheduling, serviceAccount, network"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what is no such file
        ("", f" is empty; it must hold keys such as {JOB_KEYS}"),
        ("- a\n", f"1: must be a mapping with keys such as {JOB_KEYS}, not a list"),
        ("words\n", f"1: must be a mapping with keys such as {JOB_KEYS}, not text"),
        (
            "network: a\n---\nnetwork: b\n",
            "2: a second document begins here; keep one here",
        ),
        ("? [a]\n: b\n", "1: a key must be a plain name"),
        ("models: &m\n  - *m\n", "1: holds itself through an alias; write it out"),
        (
            "workerPoolSpecs:\n  - machineSpec: &m {}\n  - machineSpec:\n      <<: *m\n",
            "4: `<<` would merge keys from elsewhere; write them out here",
        ),
        (
            "scheduling: {\n  timeout: 1s,\n  timeout: 2s}\n",
            "3: `timeout` is already set in line 2; keep one of them",
        ),
        # keys
        (
            "workerPoolSpecs:\n  - machinSpec: {}\n",
            f"2: there is no key {POOL}.machinSpec; did you mean machineSpec?",
        ),
        (
            "workerPoolSpecs:\n  - replicaCount: 1\n  - machine_spec: {}\n",
            "3: there is no key workerPoolSpecs[1].machine_spec; it is spelled machineSpec",
        ),
        (
            "worker-pool-specs: []\n",
            "1: there is no key worker-pool-specs; it is spelled workerPoolSpecs",
        ),
        (
            "workerPoolSpecs:\n  - machineType: n1\n",
            f"2: there is no key {POOL}.machineType; it belongs under"
            " workerPoolSpecs[].machineSpec",
        ),
        (
            "workerPoolSpecs:\n  - env: []\n",
            f"2: there is no key {POOL}.env; it belongs under workerPoolSpecs[].containerSpec"
            " or under workerPoolSpecs[].pythonPackageSpec",
        ),
        (
            "scheduling:\n  serviceAccount: x\n",
            "2: there is no key scheduling.serviceAccount; it belongs at the top of the file",
        ),
        (
            "scheduling:\n  colour: x\n",
            "2: there is no key scheduling.colour; the keys here are timeout,"
            " restartJobOnWorkerRestart, strategy, disableRetries, maxWaitDuration",
        ),
        (
            "workerPoolSpecs:\n  - containerSpec: {}\n    pythonPackageSpec: {}\n",
            f"3: {POOL}.pythonPackageSpec cannot be set together with {POOL}.containerSpec"
            " (line 2); keep one of them",
        ),
        # nothing
        ("network:\n", "1: network is empty; give it a value, or leave it out"),
        ("workerPoolSpecs:\n", "1: workerPoolSpecs is empty; give it a value, or leave it out"),
        ("scheduling: ~\n", "1: scheduling is empty; give it a value, or leave it out"),
        ("models:\n  - a\n  -\n", "3: models[1] is empty; give it a value, or leave it out"),
        # shapes
        (
            "workerPoolSpecs: {}\n",
            "1: workerPoolSpecs must be a list, each item behind a `-` or all in [], not a mapping",
        ),
        ("models: a\n", "1: models must be a list, each item behind a `-` or all in [], not text"),
        (
            "scheduling: [a]\n",
            "1: scheduling must be a mapping with the keys timeout, restartJobOnWorkerRestart,"
            " strategy, disableRetries, maxWaitDuration, not a list",
        ),
        (
            "baseOutputDirectory: gs://a/\n",
            "1: baseOutputDirectory must be a mapping with the keys outputUriPrefix, not text",
        ),
        ("network: [a]\n", "1: network must be text, not a list"),
        ("network: {a: b}\n", "1: network must be text, not a mapping"),
        # text
        (
            "network: 5\n",
            "1: network is read as a whole number, but must be text; put it in quotes",
        ),
        (
            "network: on\n",
            "1: network is read as true or false, but must be text; put it in quotes",
        ),
        (
            "network: 2026-01-01\n",
            "1: network is read as a date, but must be text; put it in quotes",
        ),
        (
            "network: !!python/name:os.system x\n",
            "1: network is read as tagged python/name:os.system, but must be text; put it in"
            " quotes",
        ),
        (
            "network: ${regio}\n",
            "1: network holds ${regio}, which is not a known name; did you mean ${region}?",
        ),
        (
            "models:\n  - ${}\n",
            "2: models[0] holds ${}, which is not a known name; the names are region, project",
        ),
        (
            "network: a${region\n",
            "1: network opens `${` and does not close it; write $${ for the signs",
        ),
        # numbers, true and false
        (
            "workerPoolSpecs:\n  - replicaCount: '1'\n",
            f"2: {POOL}.replicaCount must be a whole number in plain digits, not '1'",
        ),
        (
            "workerPoolSpecs:\n  - replicaCount: 1.0\n",
            f"2: {POOL}.replicaCount must be a whole number in plain digits, not 1.0",
        ),
        (
            "workerPoolSpecs:\n  - replicaCount: 010\n",
            f"2: {POOL}.replicaCount must be a whole number in plain digits, not 010",
        ),
        (
            "workerPoolSpecs:\n  - replicaCount: 9223372036854775808\n",
            f"2: {POOL}.replicaCount is 9223372036854775808, but must be from"
            " -9223372036854775808 to 9223372036854775807",
        ),
        ("enableWebAccess: yes\n", "1: enableWebAccess must be true or false, not yes"),
        ("enableWebAccess: 'true'\n", "1: enableWebAccess must be true or false, not 'true'"),
        ("enableWebAccess: [true]\n", "1: enableWebAccess must be true or false, not a list"),
        # enums
        (
            "workerPoolSpecs:\n  - machineSpec:\n      acceleratorType: NVIDIA_TESLA_T5\n",
            f"3: {POOL}.machineSpec.acceleratorType is NVIDIA_TESLA_T5; did you mean"
            " NVIDIA_TESLA_T4?",
        ),
        ("scheduling: {strategy: spot}\n", "1: scheduling.strategy is spot; did you mean SPOT?"),
        (
            "scheduling: {strategy: FASTEST_OF_ALL}\n",
            "1: scheduling.strategy is FASTEST_OF_ALL, but must be one of ON_DEMAND, LOW_COST,"
            " STANDARD, SPOT, FLEX_START",
        ),
        (
            "scheduling: {strategy: 4}\n",
            "1: scheduling.strategy is read as a whole number, but must be one of ON_DEMAND,"
            " LOW_COST, STANDARD, SPOT, FLEX_START",
        ),
        (
            "scheduling: {strategy: STRATEGY_UNSPECIFIED}\n",
            "1: scheduling.strategy is STRATEGY_UNSPECIFIED, which sets nothing; leave it out",
        ),
        # durations
        (
            "scheduling: {timeout: 3600}\n",
            "1: scheduling.timeout must be a duration in seconds such as 3600s; write 3600s",
        ),
        (
            "scheduling: {timeout: 1h30m}\n",
            "1: scheduling.timeout is '1h30m', but must be a duration"
            " in seconds such as 3600s; write 5400s",
        ),
        (
            "scheduling: {timeout: 6:00:00}\n",
            "1: scheduling.timeout must be a duration in seconds such as 3600s",
        ),
        (
            "scheduling: {timeout: {seconds: 5}}\n",
            "1: scheduling.timeout must be a duration in seconds such as 3600s, not a mapping",
        ),
        (
            "scheduling: {timeout: 1_0s}\n",
            "1: scheduling.timeout is '1_0s', but must be a duration in seconds such as 3600s",
        ),
    ],
)
def test_a_fault_in_a_job_is_reported_with_its_line(write_yaml: Write, text: str, expected: str):
    path = write_yaml(text)

    with pytest.raises(CloudError) as caught:
        locate_message(path, CustomJobSpec, GIVEN)

    assert str(caught.value) == f"{path}:{expected}"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Build, "steps:\n  - arg: [a]\n", "2: there is no key steps[0].arg; did you mean args?"),
        (
            Build,
            "machineType: E2_HIGHCPU_8\n",
            "1: there is no key machineType; it belongs under options",
        ),
        (Build, "steps:\n  - dir_: a\n", "2: there is no key steps[0].dir_; it is spelled dir"),
        (
            Build,
            "substitutions: [a]\n",
            "1: substitutions must be a mapping of names to values, not a list",
        ),
        (
            Build,
            "substitutions:\n  _A: a\n  _B: 1\n",
            "3: substitutions._B is read as a whole number, but must be text; put it in quotes",
        ),
        (
            Build,
            "substitutions: {_A: }\n",
            "1: substitutions._A is empty; give it a value, or leave it out",
        ),
        (
            Build,
            "substitutions:\n  _A: a\n  _A: b\n",
            "3: `_A` is already set in line 2; keep one of them",
        ),
        (
            Build,
            "startTime: yesterday\n",
            "1: startTime is 'yesterday', but must be a time such as 2026-01-31T12:00:00Z",
        ),
        (
            Build,
            "startTime: 2026-01-01\n",
            "1: startTime is '2026-01-01', but must be a time such as 2026-01-31T12:00:00Z",
        ),
        (
            Build,
            "secrets:\n  - secretEnv: {A: 'no!'}\n",
            "2: secrets[0].secretEnv.A must be bytes in base64",
        ),
        (
            Build,
            "steps:\n  - allowExitCodes:\n      - 1\n      - a\n",
            "4: steps[0].allowExitCodes[1] must be a whole number in plain digits, not 'a'",
        ),
        (
            BuildTrigger,
            "build: {}\nfilename: a\n",
            "2: filename cannot be set together with build (line 1); keep one of them",
        ),
        (
            BuildTrigger,
            "github:\n  push: {branch: a, tag: b}\n",
            "2: github.push.tag cannot be set together with github.push.branch (line 2);"
            " keep one of them",
        ),
    ],
)
def test_a_fault_in_another_message_is_reported_too(
    write_yaml: Write, kind: type, text: str, expected: str
):
    path = write_yaml(text)

    with pytest.raises(CloudError) as caught:
        locate_message(path, kind)

    assert str(caught.value) == f"{path}:{expected}"


def test_a_value_that_may_be_a_secret_is_not_repeated(write_yaml: Write):
    path = write_yaml("network: 1234567890123456789012345678901234567890\n")

    with pytest.raises(CloudError) as caught:
        locate_message(path, CustomJobSpec)

    assert "1234567890" not in str(caught.value)
