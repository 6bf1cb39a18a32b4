"""Kernels whose rows, or columns, are orthonormal, held against Flax's, which LAPACK finds."""

import flax.linen as nn
import jax
import numpy as np
import pytest

import lstm_toys as lt


@pytest.mark.parametrize("shape", [(4, 16), (16, 4), (64, 64), (1, 4), (3, 1), (96, 384)])
def test_kernels_are_those_of_flax_up_to_rounding(shape):
    key = jax.random.key(3)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        expected = nn.initializers.orthogonal()(key, shape)
    np.testing.assert_allclose(lt.orthogonal(key, shape), expected, atol=1e-6)


def test_kernels_have_the_type_that_is_asked_for():
    with jax.enable_x64(True):
        found = lt.orthogonal(jax.random.key(0), (8, 32)), lt.orthogonal(jax.random.key(0), (8, 32), np.float32)
    assert [each.dtype for each in found] == [np.float64, np.float32]
