"""Which contestants are measured."""

import pytest

from benchmarks import contestants, population


@pytest.mark.parametrize("quick", [False, True])
def test_peers_are_measured_only_when_asked_for(quick):
    without, having = (
        {contestant.name for cell in population.plan(peers=peers, quick=quick) for contestant in cell.contestants}
        for peers in (False, True)
    )
    assert not {contestant.name for contestant in contestants.CONTESTANTS if contestant.peer} & without
    assert having >= {"torch", "equinox", "ours"}
