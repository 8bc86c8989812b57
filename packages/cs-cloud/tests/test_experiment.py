from __future__ import annotations

import pytest

from cs_cloud import CloudError
from cs_cloud.jobs.experiment import compose_experiment


def test_an_experiment_and_overrides_go_before_the_job_files():
    made = compose_experiment(["experiment=baseline", "seed=3"], "best", ["training.num_epochs=9"])

    assert made.arguments == ("experiment=best", "seed=3", "training.num_epochs=9")
    assert (made.name, made.dataset) == ("best", "full")
    assert made.changes == (("seed", "42", "3"), ("training.num_epochs", "5", "9"))


def test_without_an_experiment_the_job_files_own_counts():
    made = compose_experiment(["experiment=baseline"], None, [])

    assert (made.name, made.dataset, made.changes) == ("baseline", "small", ())


def test_a_doubtful_setting_is_a_warning():
    made = compose_experiment(["experiment=baseline"], "best", ["training.learning_rate=0.1"])

    [warning] = made.warnings
    assert warning.startswith("training.learning_rate=0.1 is too high for a pretrained encoder")
    assert compose_experiment([], "best", []).warnings == ()


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("bets", [], "experiment=bets: there is no such experiment; did you mean best?"),
        ("best", ["training.bacth_size=3"], "did you mean training.batch_size?"),
        ("best", ["batch_size=3"], "did you mean training.batch_size?"),
        ("best", ["training.batch_size=0"], "must be at least 1, got 0"),
        ("best", ["seed=x"], "seed must be a whole number, got 'x'"),
        ("best", ["dataset=fulll"], "dataset=fulll: there is no such dataset; did you mean full?"),
        ("best", ["seed=1,2"], "add -m for a run per value"),
        ("best", ["-m"], "-m: a job takes settings as key=value"),
        ("best", ["experiment=baseline"], "the experiment is best already"),
        ("best", ["dataset=custom", "dataset.path=a.csv"], "a job cannot read a file of this"),
        ("best", ["training=[1"], "cannot read 'training=[1'"),
    ],
)
def test_what_training_could_not_use_is_one_line_that_names_it(name, overrides, expected):
    with pytest.raises(CloudError) as caught:
        compose_experiment(["experiment=baseline"], name, overrides)

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
