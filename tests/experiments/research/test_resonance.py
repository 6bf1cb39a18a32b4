"""Turned modes: the fits of waves against waves made by hand, slopes, and verdicts."""

import numpy as np
import pytest

from conftest import carry_out
from experiments.research.resonance import __main__ as resonance
from experiments.research.resonance import figures, hypotheses, measurements

X = np.linspace(0, 1, 100)


def wave(frequency, time, phase=0.0):
    return np.exp(-X / time) * np.cos(frequency * X + phase)


def test_waves_are_fitted_to_the_resolution_of_the_grid_and_noise_is_not():
    made = [[wave(8, 0.1), wave(14, 0.3, 1.0)], [0.01 * wave(25, 0.2, 2.0), np.full(len(X), np.nan)]]
    noise = np.random.default_rng(0).normal(size=len(X))
    found = measurements.fitted(np.array([*made, [noise, 0 * X]]), X)
    np.testing.assert_allclose(found.frequency[0, 0], 8, rtol=0.15)  # It dies away within a period.
    np.testing.assert_allclose(found.frequency[:2, [1, 0]], [[14, found.frequency[0, 0]], [np.nan, 25]], rtol=0.04)
    np.testing.assert_allclose(found.time[:2], [[0.1, 0.3], [0.2, np.nan]], rtol=0.2)
    assert np.isnan(found.frequency[2]).all()


def test_slopes_are_those_of_lines_through_logarithms():
    factors = np.array(measurements.FACTORS)
    frequencies = 12 * factors[:, None, None] ** np.array([[0.0, 1.0, 1.7]])
    frequencies[:4, 0, 2] = np.nan
    np.testing.assert_allclose(measurements.slopes(measurements.FACTORS, frequencies), [[0, 1, np.nan]], atol=1e-12)
    frequencies[3:6, 0, 1] = np.nan
    np.testing.assert_allclose(measurements.slopes(measurements.FACTORS, frequencies)[0, 1], 1)


@pytest.mark.parametrize(
    ("low", "high", "networks", "said"),
    [(0.6, 0.9, 10, "supported"), (0.4, 0.9, 10, "undecided"), (0.1, 0.4, 10, "refuted"), (0.6, 0.9, 4, "not judged")],
)
def test_a_line_is_judged_by_the_interval_if_enough_networks_have_a_slope(low, high, networks, said):
    each = {"low": low, "high": high, "networks": networks}
    assert hypotheses._verdict(each, 10, 0.5, 1.5) == said


def test_the_figure_shows_only_lines_that_can_be_judged_and_counts_them_in_its_title():
    def summary(networks, value):
        return {"networks": networks, "median": value, "low": value, "high": value, "quartiles": [value, value]}

    judged = {"steep": summary(10, 0.9), "flat": summary(10, 0.1), "few": summary(4, 0.9)}
    slopes = dict.fromkeys(figures.STYLES, judged) | {hypotheses.LOCAL: judged}
    waves = {hypotheses.TURNED: [summary(10, 1.0)] * 3}
    lines = {"correlation": summary(10, 0.9)}
    found = {"networks": 10, "factors": [0.5, 1.0, 2.0], "slopes": slopes, "waves": waves, "decay": judged}
    verdicts = dict(hypotheses.verdicts(found | {"lines": lines}))
    figure = figures.resonance({"populations": {"usual": found}, "verdicts": verdicts})
    assert [each.get_text() for each in figure.axes[1].get_yticklabels()] == ["steep", "flat"]
    assert "(1 of 2 judged lines)" in figure.get_suptitle()


@pytest.mark.long
def test_the_command_says_how_far_waves_follow(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(resonance, "POPULATIONS", {"usual": (10.0, 0.3)})
    monkeypatch.setattr(measurements, "FACTORS", (0.6, 0.85, 1.0, 1.4))
    monkeypatch.setattr(measurements, "DECAYS", (0.5, 1.0))
    assert carry_out(resonance.resonance, ["--seeds=6", f"--results_dir={tmp_path}"]) == 0
    output = capsys.readouterr().out
    assert "frequency, the mode:" in output
    assert [*tmp_path.glob("runs/resonance-*/resonance.png")]
