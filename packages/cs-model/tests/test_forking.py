from __future__ import annotations

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch

from cs_model import Classifier
from cs_model.backends.torch_backend import forward

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
TEXTS = ["The server is down and nobody can work " * 4, "", "Quero saber o preço"] * 20


@pytest.fixture
def loaded(model_folder):
    """A classifier that has computed on several threads, as a service has before it forks."""
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    made = Classifier.load(model_folder, accelerator="cpu", precision="fp32")
    made.predict(TEXTS)
    yield made
    torch.set_num_threads(threads)


def in_a_fork(work):
    """Return what a function returns in a forked process, which has 60 seconds."""
    fork = get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: sender.send(work()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 on, where threads run
        process.start()
    try:
        assert receiver.poll(60), "the forked process hangs"
        return receiver.recv()
    finally:
        process.kill()
        process.join()


def learn(classifier):
    encoded = classifier.encode(TEXTS)
    inputs = encoded.batch(np.arange(len(encoded)))
    classifier.model.train()
    forward(classifier.model, inputs, classifier.device, "fp32").logsumexp(dim=1).sum().backward()
    classifier.model.eval()


def test_a_process_forked_after_the_first_prediction_gives_the_same_answers(loaded):
    np.testing.assert_allclose(
        in_a_fork(lambda: loaded.predict_probabilities(TEXTS)),
        loaded.predict_probabilities(TEXTS),
        atol=1e-6,  # on one thread sums are added up in another order
    )


def test_a_fork_of_a_fork_answers(loaded):
    answers = in_a_fork(lambda: (loaded.predict(TEXTS), in_a_fork(lambda: loaded.predict(TEXTS))))
    assert len(answers[0]) == len(answers[1]) == len(TEXTS)


def test_a_fork_after_training_answers_and_trains_on(loaded):
    learn(loaded)
    assert len(in_a_fork(lambda: learn(loaded) or loaded.predict(TEXTS))) == len(TEXTS)


def test_threads_of_a_fork_answer_at_once(loaded):
    def ask():
        with ThreadPoolExecutor(3) as threads:
            return list(threads.map(lambda _: len(loaded.predict(TEXTS)), range(6)))

    assert in_a_fork(ask) == [len(TEXTS)] * 6


def test_a_fork_loads_models_of_its_own(loaded, model_folder):
    loads = in_a_fork(lambda: Classifier.load(model_folder, accelerator="cpu").predict(TEXTS))
    assert len(loads) == len(TEXTS)


def test_the_process_that_forks_keeps_its_threads(loaded):
    before = torch.get_num_threads()
    assert in_a_fork(torch.get_num_threads) == 1
    assert torch.get_num_threads() == before
