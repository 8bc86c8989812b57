from __future__ import annotations

import pytest

from cs_cloud import CloudError
from cs_cloud.google.resources import id_of
from fake_google_cloud import JobScript, LogLine

RUNNING = (("RUNNING", 1e6),)


def messages(lines):
    return [line.message for line in lines]


@pytest.fixture
def logging_job(start_job):
    """Starts a job that logs some lines."""

    def start(*lines: LogLine, **about):
        return start_job(script=JobScript(states=RUNNING, logs=lines), **about)

    return start


def test_a_log_is_read_whole_and_in_order_over_several_pages(cloud, jobs, logging_job):
    wanted = [f"line {number}" for number in range(1200)]
    job = logging_job(*(LogLine(number / 1000, text) for number, text in enumerate(wanted)))
    cloud.clock.advance(10)

    assert messages(jobs.log_of(job).all_lines()) == wanted
    pages = [request for request in cloud.requests if request.method == "ListLogEntries"]
    assert len(pages) == 2


def test_a_log_older_than_a_day_is_read(cloud, jobs, logging_job):
    job = logging_job(LogLine(1, "long ago"))
    cloud.clock.advance(30 * 86_400)

    assert messages(jobs.log_of(job).all_lines()) == ["long ago"]


def test_the_last_lines_are_read_without_the_others(cloud, jobs, logging_job):
    job = logging_job(*(LogLine(number, f"line {number}") for number in range(1100)))
    cloud.clock.advance(2000)

    assert messages(jobs.log_of(job, tail=2).all_lines()) == ["line 1098", "line 1099"]
    assert [request.method for request in cloud.requests].count("ListLogEntries") == 1


def test_each_line_comes_once_and_late_ones_come_too(cloud, jobs, logging_job):
    job = logging_job(
        LogLine(1, "first"),
        LogLine(2, "late", delay=8),
        LogLine(3, "third"),
        LogLine(8, "fourth"),
    )
    log = jobs.log_of(job)
    seen = []

    for _ in range(6):
        cloud.clock.advance(4)
        seen.append(messages(log.new_lines()))

    assert seen == [["first", "third"], ["fourth"], ["late"], [], [], []]


def test_what_a_failed_read_had_brought_does_not_come_again(cloud, jobs, logging_job):
    job = logging_job(*(LogLine(number / 1000, f"line {number}") for number in range(1100)))
    cloud.clock.advance(10)
    log = jobs.log_of(job)
    lines = log.new_lines()
    first = [next(lines) for _ in range(1000)]
    cloud.fail("ListLogEntries", "unavailable")

    with pytest.raises(Exception, match="unavailable"):
        next(lines)
    assert messages([*first, *log.new_lines()]) == [f"line {number}" for number in range(1100)]


def test_reading_goes_on_through_an_outage(cloud, jobs, logging_job, no_back_off):
    job = logging_job(LogLine(1, "there"))
    cloud.clock.advance(2)
    cloud.fail("ListLogEntries", "unavailable", times=2)

    assert messages(jobs.log_of(job).all_lines()) == ["there"]


def test_a_missing_permission_is_reported_with_the_role_that_has_it(cloud, jobs, logging_job):
    job = logging_job()
    cloud.deny("logging.logEntries.list")

    with pytest.raises(CloudError, match=r"reading the log: needs the permission logging\.\S+list"):
        jobs.log_of(job).all_lines()
    with pytest.raises(CloudError, match=r"--role=roles/logging\.viewer$"):
        jobs.log_of(job, tail=1).all_lines()


def test_messages_are_understood_in_every_form(cloud, jobs, logging_job):
    job = logging_job(
        LogLine(1, "text\n", as_text=True),
        LogLine(2, "structured", fields=(("levelname", "INFO"),)),
        LogLine(3, "", fields=(("message", {"loss": 0.5}),)),
    )
    cloud.clock.advance(4)

    assert messages(jobs.log_of(job).all_lines()) == [
        "text",
        "structured",
        '{"message": {"loss": 0.5}}',
    ]


def test_the_command_shows_the_severity_where_it_is_not_ordinary(cloud, call, logging_job):
    logging_job(LogLine(1, "starting"), LogLine(2, "loss is nan", severity="ERROR"))
    cloud.clock.advance(3)

    status, out, _ = call("logs", "best-gpu")

    assert status == 0
    assert [line[9:] for line in out.splitlines()] == ["starting", "ERROR loss is nan"]


def test_the_command_reports_that_there_is_no_log_and_the_state(cloud, call, logging_job):
    job = logging_job()
    cloud.clock.advance(3)

    status, out, err = call("logs", id_of(job))

    assert (status, out) == (0, "")
    assert err.startswith(f"job {id_of(job)} (best-gpu")
    assert err.endswith(") has no log lines; it is RUNNING\n")


def test_the_command_shows_the_replica_where_there_are_several(cloud, call, logging_job):
    logging_job(LogLine(1, "a"), LogLine(2, "b", replica="workerpool1-0"), replicas=2)
    cloud.clock.advance(3)

    _, out, _ = call("logs", "best-gpu")

    assert [line[9:] for line in out.splitlines()] == ["workerpool0-0 a", "workerpool1-0 b"]


def test_the_command_shows_the_end_alone(cloud, call, logging_job):
    job = logging_job(*(LogLine(number, f"line {number}") for number in range(5)))
    cloud.clock.advance(6)

    _, out, _ = call("logs", id_of(job), "--tail", "2")
    assert [line[9:] for line in out.splitlines()] == ["line 3", "line 4"]

    assert call("logs", id_of(job), "--tail", "0") == (
        2,
        "",
        "cs-cloud: --tail must be at least 1, got 0\n",
    )
