"""What is declared of training curves, spans and parameters, and what is refused of them."""

import numpy as np
import pytest

from lstm_toys.statistics import measures
from lstm_toys.tasks.parameters import PARAMETERS, RESERVED, Parameter, parameters_of
from lstm_toys.tasks.planes import LENGTH, SPACING, Trained
from lstm_toys.tasks.span import Span

SINE = {"amplitude": "A", "frequency": 10.0, "phase": 0.0, "offset": "A"}
SOME = np.array([0.1, 0.4, 0.2])


def test_parameters_that_are_one_number_or_one_table_are_equal():
    assert Trained("sine", SINE).equal == {"offset": "amplitude"}
    assert Trained("sine", {**SINE, "amplitude": SOME, "offset": SOME.copy()}).equal == {"offset": "amplitude"}
    assert Trained("line", {"slope": 0.3, "intercept": 0.3}).equal == {}
    assert Trained("line", {"slope": (0.0, 1.0), "intercept": (0.0, 1.0)}).equal == {}


def test_the_table_holds_the_training_curves_or_others_that_are_drawn_from_the_same_ranges():
    trained = Trained("sine", {**SINE, "amplitude": SOME})
    assert trained.ranges({"A": 0.5})["amplitude"] == (0.1, 0.4)
    others = {"frequency": (10.0,) * 3, "phase": (0.0,) * 3, "offset": (0.5,) * 3}
    assert trained.table({"A": 0.5}, 7) == {"amplitude": (0.1, 0.4, 0.2), **others}
    drawn = Trained("line", {"slope": (-1.0, "most"), "intercept": 0.5})
    slopes = np.array(drawn.table({"most": 3.0}, 2_000)["slope"])
    assert len(slopes) == 2_000
    np.testing.assert_allclose(np.quantile(slopes, (0, 0.25, 0.5, 0.75, 1)), (-1, 0, 1, 2, 3), atol=0.15)


def test_two_descriptions_of_the_same_curves_are_told_from_others():
    assert Trained("sine", SINE).same(Trained("sine", dict(SINE)))
    for name, other in (("amplitude", 0.3), ("frequency", 11.0), ("phase", np.zeros(2)), ("offset", (0.0, 1.0))):
        assert not Trained("sine", SINE).same(Trained("sine", {**SINE, name: other}))


def test_names_of_results_and_of_other_families_are_no_names_of_parameters():
    assert {*measures.MEASURES, LENGTH, SPACING} <= RESERVED
    assert not {each.name for family in PARAMETERS.values() for each in family} & RESERVED
    for name in ("rmse", "time", "train_decay", "two words", ""):
        with pytest.raises(ValueError, match="invalid name of a parameter"):
            Parameter(name, 0.0, 1.0)
    for refused, said in (
        (lambda: Parameter("decay", 1.0, 1.0), "is empty"),
        (lambda: Trained("line", {"slope": 1.0}), r"takes the parameters \['intercept', 'slope'\]"),
        (lambda: parameters_of("lines"), "unknown family 'lines'; available: line, hill, sine"),
    ):
        with pytest.raises(ValueError, match=said):
            refused()


@pytest.mark.parametrize("ends", [(1, 0), (0, 0), (0, float("inf")), (1e7, 1e7 + 1)])
def test_a_span_is_finite_and_not_empty(ends):
    with pytest.raises(ValueError, match=r"a span is|of a span must|stop must be a finite number"):
        Span(*ends)
