"""The lines and hills that no network was trained on."""

import pytest

from experiments.post import unseen


@pytest.mark.parametrize(
    ("first", "factor", "term", "written"),
    [(0.2, 0.1, "x", "0.2 + 0.1 x"), (0.6, -0.3, "x", "0.6 − 0.3 x"), (0.6, -0.2, "sin(π x)", "0.6 − 0.2 sin(π x)")],
)
def test_a_sum_is_written_as_people_write_it(first, factor, term, written):
    assert unseen.summed(first, factor, term) == written
