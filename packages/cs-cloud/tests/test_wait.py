from __future__ import annotations

import pytest

from fake_google_cloud import JobScript, LogLine


def test_waiting_ends_with_0_if_all_succeeded(cloud, call, start_job):
    start_job("a")
    start_job("b")
    cloud.clock.advance(10)

    status, out, err = call("wait", "a", "b")

    assert (status, err) == (0, "")
    assert out.count(" SUCCEEDED\n") == 2


def test_waiting_ends_with_1_if_one_failed_and_shows_why(cloud, call, start_job):
    start_job("a", JobScript.failing(137, logs=(LogLine(3, "epoch 1"),)))
    start_job("b")
    cloud.clock.advance(10)

    status, out, err = call("wait", "a", "b")

    assert status == 1
    assert out.count(" SUCCEEDED\n") == 1
    assert "workerpool0-0 epoch 1" in err
    assert "(a) FAILED: the memory of the machine was not enough" in err
    assert "what to do: take a machineType with more memory" in err


def test_waiting_ends_with_1_if_it_was_cancelled(cloud, jobs, call, start_job):
    jobs.cancel(start_job(script=JobScript(states=(("RUNNING", 1e6),))).name)
    cloud.clock.advance(10)

    status, _, err = call("wait", "best-gpu")

    assert status == 1
    assert "CANCELLED: it was cancelled" in err


def test_waiting_ends_with_3_when_its_time_is_over(call, start_job):
    start_job(script=JobScript(states=(("RUNNING", 1e6),)))

    status, _, err = call("wait", "best-gpu", "--timeout", "0s")

    assert status == 3
    assert "has not ended within 0s; job " in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonesuch"], "there is no job nonesuch in my-project-1, europe-west1; "),
        (["best-gpu", "--timeout", "soon"], "'soon' is not a duration: write one such as 90s, 30m"),
    ],
)
def test_waiting_ends_with_2_for_what_was_mistyped(call, start_job, arguments, message):
    start_job()

    status, out, err = call("wait", *arguments)

    assert (status, out) == (2, "")
    assert err.startswith(f"cs-cloud: {message}")


def test_a_failure_is_reported_without_a_log_that_may_not_be_read(cloud, call, start_job):
    start_job(script=JobScript.failing(1))
    cloud.clock.advance(10)
    cloud.deny("logging.logEntries.list")

    status, _, err = call("wait", "best-gpu")

    assert status == 1
    assert "needs the permission logging.logEntries.list" in err
    assert "FAILED: The replica workerpool0-0 exited with a non-zero status of 1." in err
