"""Which sequences are answered right, and up to which length, against plain loops."""

import numpy as np
import pytest

import lstm_toys as lt

BINARY, CLASSES = "binary_cross_entropy", "cross_entropy"


def curves(answer, truth, loss, **parameters):
    axes = ("seed", "curve", "time", "output_feature")
    own = axes[1:] if truth.ndim == 3 else axes[1:3]
    columns = {name: ("curve", values) for name, values in parameters.items()}
    return lt.Results({"answer": (axes, answer, {"loss": loss}), "truth": (own, truth)}, columns)


@pytest.mark.parametrize("loss", [BINARY, CLASSES])
def test_a_sequence_is_right_if_every_known_point_is(loss):
    random = np.random.default_rng(0)
    answer = random.normal(size=(40, 6, 3, 2))
    truth = random.integers(0, 2, (6, 3, 2) if loss == BINARY else (6, 3)).astype(float)
    truth[2, 1:] = np.nan
    expected = np.ones((40, 6), bool)
    for seed, curve, point in np.ndindex(40, 6, 3):
        known, ours = truth[curve, point], answer[seed, curve, point]
        if not np.isnan(known).any():
            same = ours.argmax() == known if loss == CLASSES else ((ours > 0) == (known == 1)).all()
            expected[seed, curve] &= same
    assert 0 < expected.mean() < 0.5
    np.testing.assert_array_equal(lt.right(curves(answer, truth, loss)), expected)


def test_what_is_accepted_ends_at_the_first_wrong_one_whatever_the_order():
    right = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [0, 0, 0, 0]], bool)
    n = np.array([4, 1, 3, 2])  # Of the second network 1 is wrong, of the third 3.
    answer = np.where(right, 1.0, -1.0)[:, :, None, None]
    every = curves(answer, np.ones((4, 1, 1)), BINARY, n=n)
    assert lt.accepted(every, by="n").tolist() == [4, 0, 2, 0]
    assert lt.accepted([every.isel(curve=[0, 1]), every.isel(curve=[2, 3])], by="n").tolist() == [4, 0, 2, 0]
    with pytest.raises(ValueError, match="no parameter 'm'"):
        lt.accepted(every, by="m")


def test_answers_without_a_truth_are_neither_right_nor_wrong():
    answer, truth = np.ones((1, 1, 2, 1)), np.full((1, 2, 1), np.nan)
    with pytest.raises(ValueError, match="of which no target is known"):
        lt.right(curves(answer, truth, BINARY))
    with pytest.raises(ValueError, match="only answers of classes or bits"):
        lt.right(lt.Results({"answer": (("seed", "curve", "time", "feature"), answer)}))
