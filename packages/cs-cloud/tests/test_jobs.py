from __future__ import annotations

import json

import pytest

from cs_cloud import CloudError
from cs_cloud.google.resources import id_of
from cs_cloud.jobs.training_jobs import state_of
from fake_google_cloud import JobScript

FOREVER = JobScript(states=(("RUNNING", 1e6),))
FAILING = JobScript.failing()


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(lambda job: job.name, id="resource name"),
        pytest.param(id_of, id="id"),
        pytest.param(lambda job: "best-gpu", id="display name"),
        pytest.param(lambda job: "best", id="beginning of a display name"),
    ],
)
def test_a_job_is_found_by(jobs, start_job, named):
    start_job("quick-cpu")
    job = start_job("best-gpu")

    assert jobs.find(named(job)).name == job.name


def test_a_job_is_found_by_the_beginning_of_its_id(jobs, start_job):
    job = start_job()

    assert jobs.find(id_of(job)[:-2]).name == job.name


def test_a_whole_name_goes_before_the_beginning_of_another(jobs, start_job):
    job = start_job("best")
    start_job("best-gpu")

    assert jobs.find("best").name == job.name


def test_a_name_of_several_jobs_is_refused_with_all_of_them(jobs, start_job):
    first, second = start_job("best-1"), start_job("best-2", FOREVER)

    with pytest.raises(CloudError) as caught:
        jobs.find("best")

    assert str(caught.value) == (
        f"best fits several jobs; name one by its id: {id_of(second)} (best-2, RUNNING),"
        f" {id_of(first)} (best-1, QUEUED)"
    )


def test_of_many_jobs_of_one_name_five_are_reported(jobs, start_job):
    for _ in range(7):
        start_job("best", JobScript.failing(), env={})

    with pytest.raises(CloudError) as caught:
        jobs.find("best")

    assert str(caught.value).count("(best, ") == 5
    assert str(caught.value).endswith(", …")


def test_a_misspelled_name_suggests_the_nearest(jobs, start_job):
    start_job("best-gpu")

    with pytest.raises(CloudError, match="there is no job bset-gpu in my-project-1, europe-west1;"):
        jobs.find("bset-gpu")
    with pytest.raises(CloudError, match=r"did you mean best-gpu\?$"):
        jobs.find("bset-gpu")
    with pytest.raises(CloudError, match=r"list the jobs: cs-cloud jobs$"):
        jobs.find("12345")


def test_jobs_are_listed_newest_first_over_several_pages(cloud, jobs, start_job):
    names = [f"job-{number}" for number in range(120)]
    for name in names:
        start_job(name)
        cloud.clock.advance(1)

    assert [job.display_name for job in jobs.newest()] == names[::-1]
    assert [job.display_name for job in jobs.newest(3)] == names[:-4:-1]


def test_jobs_are_listed_by_state_and_label(cloud, jobs, start_job):
    start_job("a", FOREVER, labels={"experiment": "best"})
    start_job("b", FAILING, labels={"experiment": "best"})
    start_job("c", FAILING, labels={"experiment": "quick"})
    cloud.clock.advance(10)

    def listed(**wanted):
        return [job.display_name for job in jobs.matching(**wanted)]

    assert listed(state="FAILED") == ["c", "b"]
    assert listed(state="failed", labels={"experiment": "best"}) == ["b"]
    assert listed(labels={"experiment": "best"}) == ["b", "a"]
    assert [job.display_name for job in jobs.find_named("a")] == ["a"]


def test_listing_survives_a_moment_without_the_service(cloud, jobs, start_job, no_back_off):
    start_job()
    cloud.fail("ListCustomJobs", "unavailable", times=2)

    assert len(jobs.newest()) == 1


def test_a_job_is_cancelled_once(cloud, jobs, start_job):
    job = start_job(script=FOREVER)

    assert jobs.cancel(job.name)
    assert jobs.cancel(job.name)  # while it is still being cancelled
    cloud.clock.advance(10)

    assert not jobs.cancel(job.name)
    assert state_of(jobs.find("best-gpu")) == "CANCELLED"


def test_the_table_shows_the_jobs(cloud, call, start_job):
    start_job("best-gpu", labels={"experiment": "best"})
    cloud.clock.advance(3)
    start_job("multi", FOREVER, replicas=3)

    status, out, _ = call("jobs")

    rows = [line.split() for line in out.splitlines()]
    assert status == 0
    assert rows[0] == ["id", "name", "state", "age", "ran", "for", "machine", "experiment"]
    assert [row[1:3] for row in rows[1:]] == [["multi", "RUNNING"], ["best-gpu", "RUNNING"]]
    assert rows[1][-4:] == ["n1-standard-8,", "2", "x", "n1-standard-8"]
    assert rows[2][-2:] == ["n1-standard-8", "best"]


def test_the_table_can_be_narrowed_and_read_by_programs(cloud, call, start_job):
    start_job("a", FOREVER, labels={"experiment": "best"})
    start_job("b", FAILING)
    cloud.clock.advance(10)

    _, out, _ = call("jobs", "--state", "failed", "--json")
    assert [(job["name"], job["state"]) for job in json.loads(out)] == [("b", "FAILED")]
    _, out, _ = call("jobs", "--label", "experiment=best", "--limit", "1", "--json")
    assert [job["name"] for job in json.loads(out)] == ["a"]
    assert call("jobs", "--state", "PAUSED")[1] == "no such jobs in my-project-1, europe-west1\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--state", "runing"], "there is no state runing; did you mean RUNNING?"),
        (["--limit", "0"], "--limit must be at least 1, got 0"),
        (["--limit", "few"], "--limit must be a whole number, got 'few'"),
        (["--label", "best"], "--label must be KEY=VALUE, got 'best'"),
    ],
)
def test_a_mistyped_flag_is_one_line_and_exit_2(call, given, message):
    status, out, err = call("jobs", *given)

    assert (status, out, err) == (2, "", f"cs-cloud: {message}\n")


@pytest.fixture
def two_regions(cloud, start_job):
    """A job in each of two regions: the settings' own, and then another."""
    cloud.add_job_region("europe-west4")
    jobs = [start_job("near", FOREVER)]
    cloud.clock.advance(1)
    return [*jobs, start_job("far", FOREVER, region="europe-west4")]


@pytest.mark.parametrize(
    ("flags", "fallback", "found"),
    [
        ((), "", ["near"]),
        (("--region", "europe-west4"), "", ["far"]),
        (("--region", "europe-west4,europe-west1"), "", ["far", "near"]),
        ((), "europe-west4", ["far", "near"]),
        (("--region", "europe-west1"), "europe-west4", ["near"]),
        (("--limit", "1"), "europe-west4", ["far"]),
    ],
)
def test_jobs_are_listed_in_each_region_that_is_named(
    call, two_regions, monkeypatch, flags, fallback, found
):
    monkeypatch.setenv("CS_FALLBACK_REGIONS", fallback)

    jobs = json.loads(call("jobs", "--json", *flags)[1])
    table = [line.split() for line in call("jobs", *flags)[1].splitlines()]

    assert [job["name"] for job in jobs] == found
    assert [row[1] for row in table[1:]] == found
    homes = {"near": "europe-west1", "far": "europe-west4"}
    assert [job["region"] for job in jobs] == [homes[name] for name in found]
    if fallback and "--region" not in flags:
        assert table[0][-1] == "region"
        assert [row[-1] for row in table[1:]] == [homes[name] for name in found]


@pytest.mark.parametrize("named", [id_of, lambda job: job.display_name, lambda job: job.name])
@pytest.mark.parametrize("words", [["describe"], ["logs"], ["cancel"], ["wait", "--timeout", "0s"]])
def test_a_job_of_either_region_is_found(call, two_regions, named, words):
    for job in two_regions:
        command = [words[0], named(job), *words[1:], "--region", "europe-west1,europe-west4"]
        status, _, err = call(*command)

        assert status == (3 if words[0] == "wait" else 0), err


def test_a_full_name_needs_no_region(call, two_regions):
    _, far = two_regions

    assert call("describe", far.name)[0] == 0


def test_no_job_in_several_regions_is_reported_with_all_of_them(call, two_regions):
    both = ("--region", "europe-west1,europe-west4")
    where = "my-project-1, europe-west1 and europe-west4"

    assert f"there is no job nonesuch in {where}; " in call("describe", "nonesuch", *both)[2]
    assert call("jobs", "--state", "PAUSED", *both)[1] == f"no such jobs in {where}\n"


def test_a_name_that_jobs_of_two_regions_have_is_refused(cloud, call, start_job):
    cloud.add_job_region("europe-west4")
    ids = [id_of(start_job("best", FOREVER, region=f"europe-west{n}")) for n in (1, 4)]

    err = call("cancel", "best", "--region", "europe-west1,europe-west4")[2]

    assert "best fits several jobs" in err
    assert all(number in err for number in ids)


@pytest.mark.parametrize("command", [["jobs"], ["logs", "a"], ["wait", "a"], ["describe", "a"]])
def test_each_of_several_regions_must_be_one(call, command):
    err = call(*command, "--region", "europe-west1,mars")[2]

    assert "--region: `region` is 'mars', but must be a region" in err


@pytest.mark.parametrize("command", [["build", "cpu"], ["builds", "list"], ["settings"]])
def test_what_is_in_one_region_takes_only_one(call, command):
    err = call(*command, "--region", "europe-west1,europe-west4")[2]

    assert "`region` is 'europe-west1,europe-west4', but must be a region" in err


def test_several_jobs_are_cancelled_or_none(cloud, call, jobs, start_job):
    start_job("a", FOREVER)
    start_job("b", FOREVER)

    status, _, err = call("cancel", "a", "nonesuch")
    assert status == 2
    assert "there is no job nonesuch" in err
    assert state_of(jobs.find("a")) == "RUNNING"

    status, out, _ = call("cancel", "a", "b", "a")
    assert status == 0
    assert out.count("is being cancelled") == 2

    cloud.clock.advance(10)
    status, out, _ = call("cancel", "a", "--wait")
    assert status == 0
    assert "(a) has ended already" in out
    assert out.endswith(" CANCELLED\n")
