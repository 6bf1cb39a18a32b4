"""What is measured."""

import pytest

from benchmarks import entries, sweeps


@pytest.mark.parametrize("quick", [False, True])
def test_peers_are_measured_only_when_asked_for(quick):
    without, having = (
        {entry.name for cell in sweeps.plan(peers=peers, quick=quick) for entry in cell.entries}
        for peers in (False, True)
    )
    assert not {entry.name for entry in entries.CONTESTANTS if entry.peer} & without
    assert having >= {"torch", "keras", "equinox", "ours", "floor"}
