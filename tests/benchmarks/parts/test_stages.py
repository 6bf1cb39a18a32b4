"""The step that is cut off after each of its stages is the engine's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import reference
from benchmarks.job import CHECKED_STEPS
from benchmarks.parts import stages


@pytest.mark.long
def test_the_stages_add_up_to_the_step_of_the_reference(start):
    step = jax.jit(lambda weights: stages.cut(stages.STAGES[-1], jnp.asarray(start.inputs), (weights, None))[0])
    weights = jax.tree.map(lambda leaf: leaf[0], start.weights)
    for _ in range(CHECKED_STEPS):
        weights = step(weights)
    expected, _ = reference.train(start)
    jax.tree.map(lambda ours, every: np.testing.assert_allclose(ours, every[0], atol=1e-5), weights, expected)
