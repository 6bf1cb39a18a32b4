"""The rule that chooses the number of steps of `experiments.sine`. Imports nothing heavy.

It was written when the first answers were known to favor about 1,750 steps and the curves about 1,250, but before the
steps in between were searched. The previous rule took the fewest steps that no other number of steps beats on the
curves, which was 1,000.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

FORMER = 1_000
"""The number of steps that the previous rule chose, which is kept if the two criteria share no number of steps."""


def choose(steps: Sequence[int], by_curves: Collection[int], by_first_answers: Collection[int]) -> int:
    """Chooses the middle number of steps that neither criterion excludes; of two middle ones, the smaller."""
    shared = [each for each in sorted(steps) if each in by_curves and each in by_first_answers]
    return shared[(len(shared) - 1) // 2] if shared else FORMER
