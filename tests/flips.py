"""Recurrences that flip a sign, and how far they carry it by a plain loop."""

import numpy as np

from experiments.research.horizons import parity


def flips(leaks, offset=0.3):
    """Recurrences of one unit that change their sign with a one, around 0.5, and lose a share with every bit."""
    kept = 1 - np.asarray(leaks)
    transition = np.stack([kept, -kept], axis=1)[..., None]
    one = np.ones((len(kept), 1))
    return parity.Recurrences(transition, (1 - transition) * 0.5, one, -0.5 + offset * 0.5 * one[:, 0])


def horizon(networks, network, strings):
    """The median over strings of the number of bits before the first wrong answer of a network."""
    lengths = []
    for string in strings:
        hidden, ones, right = 0.0, 0, 0
        for bit in string:
            hidden = networks.transition[network, bit, 0] * hidden + networks.driven[network, bit, 0]
            ones += bit
            if (hidden + networks.offset[network] > 0) != (ones % 2 == 1):
                break
            right += 1
        lengths.append(right)
    return np.median(lengths)
