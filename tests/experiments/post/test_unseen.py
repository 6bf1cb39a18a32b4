"""The lines and hills that no network was trained on."""

from experiments.post import unseen


def test_a_sum_is_written_as_people_write_it():
    assert unseen.summed(0.2, 0.1, "x") == "0.2 + 0.1 x"
    assert unseen.summed(0.6, -0.2, "sin(π x)") == "0.6 − 0.2 sin(π x)"
