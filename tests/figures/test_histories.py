"""Figures of histories: what they draw of labeled results."""

import numpy as np
from drawn import axes_of, labels

from lstm_toys import figures


def test_the_loss_is_drawn_for_every_seed_with_the_median_of_those_kept(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    axes = axes_of(figures.loss(labeled, "loss", {"the post's network": 6.8e-4}))
    assert axes.get_yscale() == "log"
    curves = [np.asarray(line.get_ydata()) for line in axes.lines]
    for seed in range(6):
        assert any(np.array_equal(curve, labeled.train_loss.values[seed], equal_nan=True) for curve in curves)
    median = np.median(np.delete(labeled.train_loss.values, (1, 4), axis=0), axis=0)
    assert any(len(curve) == 11 and np.allclose(curve, median) for curve in curves)
    assert list(curves[-1]) == [6.8e-4, 6.8e-4]
    assert labels(axes) == ["one seed", "median of 4 seeds", "2 diverged", "the post's network: 0.00068"]
