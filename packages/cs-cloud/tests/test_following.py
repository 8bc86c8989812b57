from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from cs_cloud import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.google.following import Follower, StillRunningError
from cs_cloud.google.resources import id_of
from cs_cloud.jobs.training_jobs import state_of
from fake_google_cloud import JobScript, LogLine

STATES = (("QUEUED", 60), ("PENDING", 125), ("RUNNING", 300))


@pytest.fixture
def watch(jobs, passing_time):
    """Follows a job without waiting; returns it, and what was shown."""

    def watch(job, **how):
        shown = []
        return Follower(jobs, job.name, **{"show": shown.append, **how}).run(), shown

    return watch


def without_times(lines):
    return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in lines]


def test_states_and_lines_are_shown_until_the_end(start_job, watch):
    logs = (LogLine(200, "starting"), LogLine(300, "nan", severity="ERROR"), LogLine(480, "done"))

    job, shown = watch(start_job(script=JobScript(states=STATES, logs=logs)))

    assert state_of(job) == "SUCCEEDED"
    assert without_times(shown) == [
        "QUEUED",
        "QUEUED → PENDING after 1m00s",
        "PENDING → RUNNING after 2m05s; it queued for 3m05s",
        "starting",
        "ERROR nan",
        "done",
        "RUNNING → SUCCEEDED after 5m00s",
    ]
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in shown)


def test_what_arrives_late_is_shown_before_the_end(start_job, watch):
    logs = (
        LogLine(1, "first"),
        LogLine(2, "late", delay=9),
        LogLine(3, "third"),
        LogLine(19, "last", delay=5),
    )

    _, shown = watch(start_job(script=JobScript(states=(("RUNNING", 20),), logs=logs)))

    assert without_times(shown)[1:] == [
        "first",
        "third",
        "late",
        "last",
        "RUNNING → SUCCEEDED after 20s",
    ]


def test_the_log_so_far_can_be_left_out(cloud, start_job, watch):
    logs = tuple(LogLine(second, f"line {second}") for second in (1, 2, 3, 30))
    job = start_job(script=JobScript(states=(("RUNNING", 40),), logs=logs))
    cloud.clock.advance(10)

    _, shown = watch(job, tail=2)

    assert [line for line in without_times(shown) if line.startswith("line")] == [
        "line 2",
        "line 3",
        "line 30",
    ]


def test_replicas_are_distinguished(start_job, watch):
    logs = (LogLine(1, "a"), LogLine(2, "b", replica="workerpool1-1"))

    _, shown = watch(start_job(script=JobScript(logs=logs), replicas=3))

    assert {"workerpool0-0 a", "workerpool1-1 b"} <= set(without_times(shown))


def test_a_job_that_loses_its_machine_is_followed_to_its_end(start_job, watch):
    states = (("RUNNING", 100), ("PENDING", 50), ("RUNNING", 100))

    job, shown = watch(start_job(script=JobScript(states=states)))

    assert state_of(job) == "SUCCEEDED"
    assert without_times(shown) == [
        "RUNNING",
        "RUNNING → PENDING after 1m40s: it lost its machine, and starts over on another",
        "PENDING → RUNNING after 50s",
        "RUNNING → SUCCEEDED after 1m40s",
    ]


def test_a_paused_job_has_not_ended(start_job, watch):
    states = (("RUNNING", 100), ("PAUSED", 500), ("RUNNING", 100))

    job, shown = watch(start_job(script=JobScript(states=states)))

    assert state_of(job) == "SUCCEEDED"
    assert "RUNNING → PAUSED after 1m40s" in without_times(shown)


@pytest.mark.parametrize("end", ["SUCCEEDED", "FAILED", "EXPIRED", "PARTIALLY_SUCCEEDED"])
def test_following_ends_with(start_job, watch, end):
    job, _ = watch(start_job(script=JobScript(end=end)))

    assert state_of(job) == end


def test_a_cancelled_job_has_ended(jobs, start_job, watch):
    job = start_job(script=JobScript(states=(("RUNNING", 1e6),)))
    jobs.cancel(job.name)

    ended, shown = watch(job)

    assert state_of(ended) == "CANCELLED"
    assert without_times(shown) == ["CANCELLING", "CANCELLING → CANCELLED after 2s"]


@pytest.mark.parametrize("method", ["GetCustomJob", "ListLogEntries"])
@pytest.mark.parametrize("fault", ["unavailable", "deadline", "resource_exhausted", "answer_lost"])
def test_an_outage_is_reported_and_survived(cloud, start_job, watch, method, fault):
    job = start_job(script=JobScript(states=(("RUNNING", 60),), logs=(LogLine(50, "there"),)))
    cloud.fail(method, fault, times=2)

    ended, shown = watch(job)

    troubles = [line for line in shown if "asking again in" in line]
    assert state_of(ended) == "SUCCEEDED"
    assert len(troubles) == 2
    assert troubles[0].endswith("asking again in 4s")
    assert troubles[1].endswith("asking again in 8s")
    assert "there" in without_times(shown)


def test_it_gives_up_after_a_quarter_of_an_hour_without_an_answer(
    cloud, start_job, watch, passing_time
):
    job = start_job(script=JobScript(states=(("RUNNING", 1e6),)))
    cloud.fail("GetCustomJob", "unavailable", times=1000)

    with pytest.raises(
        CloudError, match=r"not available .*; job \d+ still runs; watch it: cs-cloud"
    ):
        watch(job)
    assert 900 < passing_time.passed < 1000


def test_what_will_not_pass_ends_it_at_once(cloud, start_job, watch, passing_time):
    job = start_job()
    cloud.deny("aiplatform.customJobs.get")

    with pytest.raises(CloudError, match=r"needs the permission aiplatform\.customJobs\.get"):
        watch(job)
    assert passing_time.passed == 0


def test_without_the_right_to_read_logs_the_states_are_followed(cloud, start_job, watch):
    job = start_job()
    cloud.deny("logging.logEntries.list")

    ended, shown = watch(job)

    assert state_of(ended) == "SUCCEEDED"
    assert len([line for line in shown if "only the states of the job are shown" in line]) == 1


def test_a_log_that_is_never_available_takes_nothing_from_the_success(cloud, start_job, watch):
    job = start_job(script=JobScript(states=(("RUNNING", 60),)))
    cloud.fail("ListLogEntries", "unavailable", times=1000)

    ended, shown = watch(job)

    assert state_of(ended) == "SUCCEEDED"
    assert "reading the log: the service is not available" in shown[-2]


def test_the_deadline_ends_the_following_and_not_the_job(start_job, watch, passing_time):
    job = start_job(script=JobScript(states=(("RUNNING", 1e6),)))

    with pytest.raises(StillRunningError) as caught:
        watch(job, deadline=timedelta(minutes=5))

    assert passing_time.passed == 300
    where = f"{id_of(job)} --region europe-west1"
    assert str(caught.value) == (
        f"job {id_of(job)} has not ended within 5m00s; job {id_of(job)} still runs;"
        f" watch it: cs-cloud logs -f {where}; end it: cs-cloud cancel {where}"
    )


@pytest.mark.parametrize(("busy", "most"), [(True, 35), (False, 15)])
def test_the_log_is_read_no_more_often_than_its_quota_allows(cloud, start_job, watch, busy, most):
    lines = tuple(LogLine(second, "busy") for second in range(60)) if busy else ()

    watch(start_job(script=JobScript(states=(("RUNNING", 60),), logs=lines)))

    assert [request.method for request in cloud.requests].count("ListLogEntries") <= most


def test_interrupting_shows_that_the_job_still_runs(start_job, watch, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    shown = []
    job = start_job(script=JobScript(states=(("RUNNING", 1e6),)))

    monkeypatch.setattr(Clients, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        watch(job, show=shown.append)
    assert shown[-1].startswith(f"job {id_of(job)} still runs; watch it: cs-cloud logs -f ")


def test_the_command_can_be_interrupted(cloud, settings, start_job, write_settings):
    start_job(script=JobScript(states=(("RUNNING", 1e6),)))
    command = "import sys; from cs_cloud.cli import main; sys.exit(main())"
    environment = {**cloud.environment, "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", command, "logs", "-f", "best-gpu"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout.readline().endswith(" RUNNING\n")
        watching.send_signal(signal.SIGINT)
        out, _ = watching.communicate(timeout=20)

    assert watching.returncode == 130
    assert "still runs; watch it: cs-cloud logs -f" in out
