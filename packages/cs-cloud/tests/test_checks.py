from __future__ import annotations

import threading
import time

from cs_cloud import CloudError
from cs_cloud.checks.result import Check, CheckFailedError, NotCheckedError, lines_of, run_checks


def raising(error: Exception):
    def probe() -> str:
        raise error

    return probe


def test_what_a_probe_says_or_raises_is_what_becomes_of_its_check():
    checks = run_checks(
        [
            ("a", lambda: "all is well"),
            ("b", raising(CheckFailedError("is broken", "mend it"))),
            ("c", raising(NotCheckedError("is hidden", "show it"))),
            ("d", raising(CloudError("looking: may not", "gcloud do that"))),
            ("e", raising(ZeroDivisionError("in\ntwo lines"))),
        ],
        deadline=5,
    )

    assert checks == (
        Check("a", "ok", "all is well"),
        Check("b", "failed", "is broken", "mend it"),
        Check("c", "not checked", "is hidden", "show it"),
        Check("d", "not checked", "looking: may not", "gcloud do that"),
        Check("e", "not checked", "unexpected error: ZeroDivisionError: in two lines"),
    )


def test_checks_are_made_at_once_and_reported_in_their_order():
    both_here = threading.Barrier(2)

    def meet() -> str:
        both_here.wait(timeout=5)
        return "met"

    checks = run_checks([("first", meet), ("second", meet)], deadline=5)

    assert checks == (Check("first", "ok", "met"), Check("second", "ok", "met"))


def test_one_that_hangs_holds_up_nobody():
    never = threading.Event()
    began = time.monotonic()

    hanging, quick = run_checks(
        [("hanging", lambda: str(never.wait(60))), ("quick", lambda: "done")], deadline=0.2
    )

    assert hanging == Check("hanging", "not checked", "no answer within 0.2 s")
    assert quick.outcome == "ok"
    assert time.monotonic() - began < 2
    never.set()


def test_the_fix_stands_under_what_is_wrong():
    first, second = lines_of(Check("APIs", "failed", "not enabled: x", "gcloud services enable x"))

    assert first.split() == ["FAILED", "APIs", "not", "enabled:", "x"]
    assert second == "        gcloud services enable x"
    assert len(lines_of(Check("APIs", "ok", "all are enabled"))) == 1
