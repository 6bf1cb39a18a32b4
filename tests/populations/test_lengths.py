"""One answer per curve, after curves of different lengths: in training, in answers and in probes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.populations import answering, blocks


@pytest.mark.usefixtures("as_users_have_it")
def test_an_answer_is_that_to_the_curve_up_to_its_end_in_any_company():
    model = lt.Stack(1, (4,), sequence=False)
    inputs, lengths = np.random.default_rng(0).uniform(size=(11, 10, 2)).astype(np.float32), np.tile([1, 4, 10], 4)[:11]
    own = jax.jit(model.init)(jax.random.key(0), jnp.asarray(inputs))["params"]
    params = jax.tree.map(lambda leaf: np.stack([leaf, 2 * leaf]), own)
    every = lt.answers((model, params), inputs, lengths=lengths)
    for seed, factor in enumerate((1, 2)):
        for length in (1, 4, 10):
            network = jax.tree.map(lambda leaf, factor=factor: factor * leaf, own)
            alone = model.apply({"params": network}, jnp.asarray(inputs[lengths == length, :length]))
            np.testing.assert_allclose(every[seed, lengths == length], alone, atol=1e-6)
    some = lt.answers((model, params), inputs[4:6], lengths=jnp.asarray(lengths[4:6]))
    np.testing.assert_array_equal(some, every[:, 4:6])
    shapes, own = blocks.member(params), (None, lengths, lengths[::-1])
    assert len({answering.digests_of(model, shapes, inputs, 4, 2, "own", each)["curves own"] for each in own}) == 3
    for wrong, told in ((lengths[:3], "one number for each of the 11"), (lengths + 1, "at most 10")):
        with pytest.raises(ValueError, match=f"lengths.*{told}"):
            lt.answers((model, params), inputs, lengths=wrong)
