"""A contestant that does other work than the float64 reference is refused."""

import jax
import numpy as np
import pytest

from benchmarks import reference
from benchmarks.contestants import AUTODIFF, ENGINE
from benchmarks.job import CHECKED_STEPS, take

MEMBERS = [0, 1, 2]


@pytest.mark.long
def test_the_engine_does_the_work_of_the_reference(small, start):
    trainer = ENGINE.make(small, start)
    trainer.train(CHECKED_STEPS)
    assert reference.agrees(reference.disagreement(trainer.state(MEMBERS), reference.train(start)))


@pytest.mark.long
def test_a_step_too_few_is_refused(small, start):
    trainer = AUTODIFF.make(small, start)
    trainer.train(CHECKED_STEPS - 1)
    assert not reference.agrees(reference.disagreement(trainer.state(MEMBERS), reference.train(start)))
    trainer.train(1)
    assert reference.agrees(reference.disagreement(trainer.state(MEMBERS), reference.train(start)))


def test_other_weights_or_losses_are_refused(start):
    weights, losses = expected = reference.train(start)
    other = jax.tree.map(np.copy, weights)
    other["readout"]["bias"][1, 0] = np.nan
    assert not reference.agrees(reference.disagreement((other, losses), expected))
    assert not reference.agrees(reference.disagreement((weights, losses + 1e-3), expected))
    assert not reference.agrees(reference.disagreement((take(weights, [0]), losses), expected))
    assert reference.agrees(reference.disagreement((weights, losses), expected))
