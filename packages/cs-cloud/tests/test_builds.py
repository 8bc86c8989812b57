from __future__ import annotations

import json

import pytest

from cs_cloud import CloudError
from cs_cloud.google.following import Follower
from cs_cloud.images.cloud_builds import Builds
from fake_google_cloud import BuildScript, LogLine

IMAGE = "europe-west1-docker.pkg.dev/my-project-1/images/train-cpu"
LINES = (LogLine(3, "Step 1/7"), LogLine(30, "Schritt für Schritt"), LogLine(50, "pushed"))
SLOW = BuildScript(states=(("QUEUED", 2), ("WORKING", 60)), logs=LINES)


@pytest.fixture
def builds(clients, settings):
    return Builds(clients, (settings.region, "global"))


@pytest.fixture
def start_build(cloud, clients, settings):
    """Starts a build in the fake cloud, which goes as a script says, and returns it."""

    def start(script=SLOW, location="europe-west1", **options):
        cloud.script_builds(script)
        operation = clients.builds.create_build(
            request={
                "parent": f"projects/{settings.project}/locations/{location}",
                "build": {"steps": [{"name": "docker"}], "images": [IMAGE], "options": options},
            }
        )
        return operation.metadata.build

    return start


def test_builds_of_the_region_and_of_none_are_listed_newest_first(cloud, builds, start_build):
    started = []
    for location in ("global", "europe-west1", "global"):
        started.append(start_build(location=location).id)
        cloud.clock.advance(1)

    assert [build.id for build in builds.newest(10)] == started[::-1]
    assert [build.id for build in builds.newest(1)] == started[:-2:-1]


@pytest.mark.parametrize("location", ["global", "europe-west1"])
def test_a_build_is_found_by_its_id_or_name_or_how_the_id_begins(builds, start_build, location):
    build = start_build(location=location)

    for text in (build.id, build.id[:8], build.name):
        assert builds.find(text).name == build.name


def test_an_unknown_build_suggests_the_nearest(builds, start_build):
    build = start_build()
    wrong = build.id[1:]

    with pytest.raises(CloudError, match=rf"there is no build {wrong} in .*mean {build.id}\?$"):
        builds.find(wrong)
    with pytest.raises(CloudError, match=r"list the builds: cs-cloud builds list$"):
        builds.find("latest")


def test_a_beginning_of_several_ids_is_refused(builds, start_build):
    firsts = [start_build().id[0] for _ in range(17)]  # of sixteen digits, one comes twice
    twice = next(first for first in firsts if firsts.count(first) > 1)

    with pytest.raises(
        CloudError, match=rf"^{twice} fits several builds; name one by its id: {twice}"
    ):
        builds.find(twice)


@pytest.mark.parametrize("logging", ["LEGACY", "GCS_ONLY", "CLOUD_LOGGING_ONLY"])
def test_a_log_is_read_from_where_the_build_keeps_it(cloud, builds, start_build, logging):
    build = start_build(logging=logging)
    cloud.clock.advance(100)

    assert [line.message for line in builds.log_of(build).all_lines()] == [
        f'starting build "{build.id}"',
        "Step 1/7",
        "Schritt für Schritt",
        "pushed",
        "DONE",
    ]


@pytest.mark.parametrize("logging", ["GCS_ONLY", "CLOUD_LOGGING_ONLY"])
def test_a_build_is_followed_to_its_end_and_each_line_shown_once(
    builds, start_build, passing_time, logging
):
    build = start_build(logging=logging)
    shown = []

    ended = Follower(builds, build.name, show=shown.append).run()

    assert Builds.state_of(ended) == "SUCCESS"
    assert shown == [
        f"build {build.id} is QUEUED",
        f"build {build.id} is WORKING",
        f'starting build "{build.id}"',
        "Step 1/7",
        "Schritt für Schritt",
        "pushed",
        "DONE",
        f"build {build.id} is SUCCESS",
    ]


@pytest.mark.parametrize("method", ["GetBuild", "storage.objects.get"])
def test_an_outage_while_following_is_reported_and_survived(
    cloud, builds, start_build, passing_time, method
):
    build = start_build()
    cloud.fail(method, "unavailable", times=2)
    shown = []

    ended = Follower(builds, build.name, show=shown.append).run()

    assert Builds.state_of(ended) == "SUCCESS"
    assert len([line for line in shown if "asking again in" in line]) == 2
    assert shown.count("Step 1/7") == 1


@pytest.mark.parametrize(
    ("logging", "denied"),
    [
        ("GCS_ONLY", "storage.objects.get"),
        ("CLOUD_LOGGING_ONLY", "logging.logEntries.list"),
        ("NONE", "storage.objects.get"),
    ],
)
def test_a_build_whose_log_cannot_be_read_is_followed_by_its_states(
    cloud, builds, start_build, passing_time, logging, denied
):
    build = start_build(logging=logging)
    cloud.deny(denied)
    shown = []

    ended = Follower(builds, build.name, show=shown.append).run()

    assert Builds.state_of(ended) == "SUCCESS"
    assert len([line for line in shown if "only the states of the build are shown" in line]) == 1
    assert shown[-1] == f"build {build.id} is SUCCESS"


def test_a_log_that_is_never_available_takes_nothing_from_the_success(
    cloud, builds, start_build, passing_time
):
    build = start_build()
    cloud.fail("storage.objects.get", "unavailable", times=1000)
    shown = []

    ended = Follower(builds, build.name, show=shown.append).run()

    assert Builds.state_of(ended) == "SUCCESS"
    assert "is not available" in shown[-2]
    assert shown[-1] == f"build {build.id} is SUCCESS"


def test_a_log_whose_end_cannot_be_read_takes_nothing_from_the_success(
    cloud, builds, start_build, passing_time
):
    build = start_build()
    shown = []

    def show(line):
        shown.append(line)
        if line == "pushed":
            cloud.deny("storage.objects.get")

    ended = Follower(builds, build.name, show=show).run()

    assert Builds.state_of(ended) == "SUCCESS"
    assert any("storage.objects.get" in line for line in shown)
    assert shown[-1] == f"build {build.id} is SUCCESS"


def test_a_build_without_a_log_is_reported(builds, start_build):
    with pytest.raises(CloudError, match=r"keeps no log: its options\.logging is NONE"):
        builds.log_of(start_build(logging="NONE"))


def test_the_commands_list_describe_and_show(cloud, call, start_build):
    build = start_build()
    cloud.clock.advance(100)

    status, out, _ = call("builds", "list")
    assert status == 0
    identifier, state, _, ran, images = out.splitlines()[1].split()
    assert (identifier, state, ran, images) == (build.id, "SUCCESS", "1m00s", IMAGE)

    status, out, _ = call("builds", "describe", build.id)
    assert status == 0
    assert f"image          {IMAGE}@sha256:" in out
    assert "step 0         docker: SUCCESS" in out

    status, out, _ = call("builds", "describe", build.id, "--json")
    assert json.loads(out)[0]["state"] == "SUCCESS"

    status, out, _ = call("builds", "log", build.id[:8])
    assert status == 0
    assert out.splitlines()[-1] == "DONE"


def test_a_failed_build_shows_why(cloud, call, start_build):
    build = start_build(BuildScript.failing(3))
    cloud.clock.advance(100)

    _, out, _ = call("builds", "describe", build.id)

    assert "error          build step 0 failed: step exited with non-zero status: 3" in out
    assert "(not pushed)" in out


def test_no_builds_is_an_answer_too(call):
    assert call("builds", "list") == (0, "no builds in my-project-1\n", "")
    assert call("builds", "list", "--limit", "0")[0] == 2
    assert call("builds", "log", "x")[0] == 2
