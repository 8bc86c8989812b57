from __future__ import annotations

import dataclasses
import math
import shutil

import numpy as np
import pytest
import torch

from cs_model import Classifier
from cs_train.config import ConfigError, TrainingConfig
from cs_train.engine.best_models import BestModels
from cs_train.engine.gradients import accumulate_gradients, class_weights
from cs_train.engine.loop import fit, random_batches, steps_per_epoch
from cs_train.engine.metrics import EpochMetrics, StepMetrics
from cs_train.engine.optimizer import make_optimizer, make_schedule
from cs_train.engine.temperature import fit_temperature
from cs_train.engine.train_state import TrainState
from cs_train.splits import label_texts

TIMES = ("seconds", "tickets_per_second")
QUICK = {"batch_size": 16, "learning_rate": 0.01, "num_epochs": 4, "patience": None}


def train(classifier, tickets, folder, *, seed=1, keep=1, **training):
    config = TrainingConfig(**{**QUICK, **training})
    points = []
    best_models = BestModels(folder, keep=keep, monitor=config.monitor)
    state = new_state(classifier, tickets, config, best_models)
    stats = fit(state, tickets, tickets, config, seed=seed, observers=[points.append])
    steps = [point for point in points if isinstance(point, StepMetrics)]
    epochs = [point for point in points if isinstance(point, EpochMetrics)]
    return stats, steps, epochs, best_models


def new_state(classifier, tickets, config, best_models):
    total_steps = config.num_epochs * steps_per_epoch(len(tickets), config)
    return TrainState(classifier, config, total_steps, best_models)


def kept(folder):
    return {
        path.parent.name: path.read_bytes() for path in folder.glob("epoch-*/model.safetensors")
    }


def gradient(classifier, tickets, weights=None, micro_batch_tokens=1024):
    classifier.model.zero_grad()
    loss = accumulate_gradients(
        classifier,
        tickets,
        np.arange(len(tickets)),
        micro_batch_tokens,
        weights,
        torch.GradScaler("cpu", enabled=False),
    )
    return loss, [parameter.grad.clone() for parameter in classifier.model.parameters()]


def test_it_learns(classifier, tickets, tmp_path):
    _, steps, epochs, _ = train(classifier, tickets, tmp_path, num_epochs=8)
    assert steps[-1].loss < 0.5 * steps[0].loss
    assert epochs[-1].accuracy > 0.95


@pytest.mark.parametrize("weighted", [False, True])
def test_micro_batches_give_the_gradient_of_the_entire_batch(classifier, tickets, weighted):
    classifier.model.eval()
    weights = class_weights(tickets.targets, 2) if weighted else None
    entire_loss, entire = gradient(classifier, tickets, weights, micro_batch_tokens=1_000_000)
    cut_loss, cut = gradient(classifier, tickets, weights, micro_batch_tokens=64)
    assert cut_loss == pytest.approx(entire_loss, rel=1e-5)
    for one, other in zip(entire, cut, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_the_gradient_is_that_of_torchs_own_mean_loss(classifier, tickets, texts_and_labels):
    classifier.model.eval()
    loss, _ = gradient(classifier, tickets)
    logits = torch.tensor(classifier.logits(tickets.encoded))
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(tickets.targets))
    assert loss == pytest.approx(expected.item(), rel=1e-4)


def test_class_weights_make_every_class_weigh_the_same():
    weights = class_weights(np.array([0, 0, 0, 1]), 3)
    assert weights.tolist() == pytest.approx([4 / 9, 4 / 3, 0])


def test_class_weights_raise_the_rare_class(classifier, tickets, tmp_path):
    _, steps, _, _ = train(classifier, tickets, tmp_path, num_epochs=1, class_weights=True)
    assert all(math.isfinite(step.loss) for step in steps)


def test_each_epoch_sees_every_ticket_once_in_a_new_order():
    config = TrainingConfig(batch_size=8, gradient_accumulation_steps=2)
    orders = [
        np.concatenate(list(random_batches(100, config, seed=1, epoch=epoch)))
        for epoch in (1, 2, 1)
    ]
    assert all(sorted(order.tolist()) == list(range(100)) for order in orders)
    assert orders[0].tolist() == orders[2].tolist() != orders[1].tolist()
    sizes = [len(batch) for batch in random_batches(100, config, 1, 1)]
    assert sizes == [16] * 6 + [4]
    assert steps_per_epoch(100, config) == len(sizes)


def test_the_same_seed_gives_the_same_weights(small_size, texts_and_labels, tmp_path):
    states = []
    for run in ("first", "second"):
        torch.manual_seed(5)
        made = Classifier.from_scratch(
            texts_and_labels[0], labels=("low", "high"), size=small_size, accelerator="cpu"
        )
        train(made, label_texts(made, *texts_and_labels), tmp_path / run, num_epochs=2)
        states.append(made.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("stop_at", [3, 8, 12], ids=["first epoch", "its last step", "second"])
def test_a_saved_state_continues_with_the_identical_losses(
    small_size, texts_and_labels, tmp_path, stop_at
):
    """8 steps an epoch; what continues has everything freshly made, and no memory of the first."""
    config = TrainingConfig(**QUICK, warmup_steps=4, gradient_clip=1.0, keep_best=2)
    saved = {}

    def start(seed, name):
        torch.manual_seed(seed)
        made = Classifier.from_scratch(
            texts_and_labels[0],
            labels=("low", "high"),
            size=small_size,
            accelerator="cpu",
            precision="fp32",
        )
        tickets = label_texts(made, *texts_and_labels)
        best_models = BestModels(tmp_path / name, keep=2, monitor="macro_f1")
        return tickets, new_state(made, tickets, config, best_models)

    def figures(points):
        def exact(point):
            values = dataclasses.asdict(point)
            return {key: values[key] for key in values if key not in TIMES}

        return [exact(point) for point in points]

    undisturbed, resumed = [], []
    tickets, first = start(5, "undisturbed")

    def observe(point):
        undisturbed.append(point)
        if isinstance(point, StepMetrics) and point.step == stop_at:
            torch.save(first.state_dict(), tmp_path / "state.pt")
            saved["points"] = len(undisturbed)
            if first.best_models.folder.exists():  # the models that the state refers to
                shutil.copytree(first.best_models.folder, tmp_path / "resumed")

    stats = fit(first, tickets, tickets, config, seed=1, observers=[observe])

    tickets, second = start(99, "resumed")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert second.step == 8 * (second.epoch - 1) + second.step_in_epoch == stop_at
    again = fit(second, tickets, tickets, config, seed=1, observers=[resumed.append])

    assert figures(resumed) == figures(undisturbed[saved["points"] :])
    assert (again.steps, again.epochs, again.best_epoch) == (
        stats.steps,
        stats.epochs,
        stats.best_epoch,
    )
    weights = first.classifier.model.state_dict()
    assert all(
        torch.equal(tensor, weights[name])
        for name, tensor in second.classifier.model.state_dict().items()
    )
    assert kept(tmp_path / "resumed") == kept(tmp_path / "undisturbed")


def test_it_stops_early_and_keeps_the_best_epoch(classifier, tickets, tmp_path):
    # A learning rate of almost nothing: the first epoch stays the best.
    stats, _, epochs, best_models = train(
        classifier, tickets, tmp_path, learning_rate=1e-12, num_epochs=50, patience=3
    )
    assert stats.epochs == len(epochs) == 4
    assert [epoch.best for epoch in epochs] == [True, False, False, False]
    assert best_models.best.folder == tmp_path / "epoch-001"


def test_the_monitor_decides_what_is_best(classifier, tickets, tmp_path):
    _, _, epochs, best_models = train(
        classifier, tickets, tmp_path, monitor="loss", num_epochs=5, learning_rate=0.05
    )
    best = min(epochs, key=lambda epoch: epoch.loss)
    assert best_models.best.folder == tmp_path / f"epoch-{best.epoch:03d}"


def test_the_best_epochs_are_kept_as_complete_models(classifier, tickets, tmp_path):
    _, _, epochs, best_models = train(classifier, tickets, tmp_path, keep=2, num_epochs=5)
    kept = sorted(path.name for path in tmp_path.iterdir())
    ranked = sorted(epochs, key=lambda epoch: (-epoch.macro_f1, epoch.epoch))
    assert kept == sorted(f"epoch-{epoch.epoch:03d}" for epoch in ranked[:2])
    assert best_models.best.folder == tmp_path / f"epoch-{ranked[0].epoch:03d}"
    logits = Classifier.load(best_models.best.folder, accelerator="cpu").logits(tickets.encoded)
    accuracy = float((logits.argmax(axis=1) == tickets.targets).mean())
    assert accuracy == pytest.approx(ranked[0].accuracy, abs=0.02)


def test_every_model_that_is_kept_is_calibrated(classifier, tickets, tmp_path):
    train(classifier, tickets, tmp_path, keep=2, num_epochs=2)
    for folder in tmp_path.iterdir():
        kept = Classifier.load(folder, accelerator="cpu", precision="fp32")
        fitted = fit_temperature(kept.logits(tickets.encoded), tickets.targets)
        assert kept.temperature == pytest.approx(fitted, rel=0.02)
        assert kept.temperature != 1


def test_gradients_are_clipped_and_their_norm_is_reported(classifier, tickets, tmp_path):
    _, steps, _, _ = train(classifier, tickets, tmp_path, num_epochs=1, gradient_clip=1e-9)
    assert all(step.gradient_norm > 1e-3 for step in steps)


def test_a_loss_that_is_not_finite_ends_the_run_with_the_fix(classifier, tickets, tmp_path):
    with torch.no_grad():
        classifier.model.classifier.weight.fill_(float("nan"))
    with pytest.raises(ConfigError, match=r"loss is nan at step 1: lower training\.learning_rate"):
        train(classifier, tickets, tmp_path)


def test_too_little_gpu_memory_ends_the_run_with_the_fix(
    classifier, tickets, tmp_path, monkeypatch
):
    def forward(**_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(classifier.model, "forward", forward)
    with pytest.raises(ConfigError, match=r"lower training\.micro_batch_tokens \(512\)"):
        train(classifier, tickets, tmp_path, micro_batch_tokens=512)


def test_only_matrices_decay(classifier):
    optimizer = make_optimizer(classifier.model, TrainingConfig(weight_decay=0.1))
    decayed, spared = (group["params"] for group in optimizer.param_groups)
    assert {parameter.ndim for parameter in decayed} == {2}
    assert {parameter.ndim for parameter in spared} == {1}
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.1, 0.0]
    assert len(decayed) + len(spared) == len(list(classifier.model.parameters()))


@pytest.mark.parametrize(
    ("schedule", "halfway", "end"), [("constant", 1, 1), ("linear", 0.5, 0), ("cosine", 0.5, 0)]
)
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_schedules_climb_and_then_follow_their_curve(classifier, schedule, halfway, end):
    config = TrainingConfig(learning_rate=1.0, schedule=schedule, warmup_steps=10)
    optimizer = make_optimizer(classifier.model, config)
    steps = make_schedule(optimizer, config, total_steps=110)
    rates = []
    for _ in range(111):
        rates.append(steps.get_last_lr()[0])
        steps.step()
    assert rates[0] == 0
    assert rates[5] == pytest.approx(0.5)
    assert rates[10] == 1
    assert rates[60] == pytest.approx(halfway)
    assert rates[110] == pytest.approx(end)
