"""The study of dynamics: from the command to results, against answers to long constant inputs and plain formulas."""

import csv
import json
from collections import Counter

import numpy as np
import pytest
from commands import dynamics
from drawn import assert_legible

import lstm_toys as lt
from conftest import carry_out
from experiments.post import sentences
from lstm_toys.dynamics.limits import Kind
from lstm_toys.dynamics.models import explained
from lstm_toys.results import storage
from lstm_toys.results.arrays import names_of
from lstm_toys.studies.claims import judging
from lstm_toys.studies.dynamics import figures, study


@pytest.fixture(scope="module")
def studied(world):
    return world("dynamics")


@pytest.fixture(scope="module")
def found(studied):
    return storage.load_results(studied.run / "results.nc", set())


@pytest.fixture(scope="module")
def saved(world):
    return lt.load(world("sine").run)


@pytest.fixture(scope="module")
def measured(studied):
    return json.loads((studied.run / "metrics.json").read_text())


@pytest.mark.long
def test_answers_at_rest_are_those_to_a_long_constant_input(saved, found):
    assert (found.kind.isel(found=0) == Kind.STABLE).all()
    constant = np.repeat(found.input.values[:, None, None], 2_000, axis=1).astype(np.float32)
    answers = lt.answers(saved, constant)[:, :, -1]
    np.testing.assert_allclose(found.static_answer, answers, atol=2e-5)
    mean = saved.results["training"].truth.values.mean()
    assert found.input.values[found.attrs["mean"]] == pytest.approx(mean, abs=1e-6)


def test_every_limit_has_a_row_in_a_table_with_its_kind_by_name(studied, found):
    rows = [*csv.DictReader((studied.run / "points.csv").read_text().splitlines())]
    kinds = found.kind.values[found.kind.values != Kind.NOTHING]
    names = dict(zip(found.kind.attrs["flag_values"].tolist(), found.kind.attrs["flag_meanings"].split(), strict=True))
    assert [row["kind"] for row in rows] == [names[kind] for kind in kinds.tolist()]
    assert {row["seed"] for row in rows} == {str(seed) for seed in found.seed.values}
    first, spacing = rows[0], float(found.time[1] - found.time[0])
    assert float(first["time_constant"]) == pytest.approx(spacing * float(first["time_constant_steps"]))
    leading = found.eigenvalue_real.values[0, 0, 0, 0] + 1j * found.eigenvalue_imaginary.values[0, 0, 0, 0]
    assert float(first["time_constant_steps"]) == pytest.approx(-1 / np.log(np.abs(leading)))
    assert found.rest_state.dims == ("seed", "input", "found", "state")
    assert found.time.attrs["long_name"] == "x"


@pytest.mark.long
def test_the_gain_at_the_training_size_is_that_of_such_a_sine(saved, found):
    mean = int(found.attrs["mean"])
    assert found.frequency.attrs["units"] == "rad per x"
    amplitude = np.ptp(saved.results["training"].truth.values) / 2
    phase = found.peak_frequency.values[:, None] * float(found.time[1] - found.time[0]) * np.arange(2_000)
    shown = (found.input.values[mean] + amplitude * np.sin(phase)).astype(np.float32)
    answers = lt.answers(saved, shown[:, :, None])
    for seed, gain in enumerate(found.peak_gain_trained.values):
        waves = np.stack([np.ones_like(phase[seed]), np.sin(phase[seed]), np.cos(phase[seed])], axis=1)
        _, sine, cosine = np.linalg.lstsq(waves[1_000:], answers[seed, seed, 1_000:, 0], rcond=None)[0]
        assert gain == pytest.approx(np.hypot(sine, cosine) / amplitude, rel=2e-2)


@pytest.mark.long
def test_metrics_say_of_every_curve_how_much_of_its_first_fifth_each_model_explains(measured, found):
    probes = found.probe.values.tolist()
    assert {name: len(rows) for name, rows in measured["curves"].items()} == Counter(probes)
    for place, probe in enumerate(probes):
        row = measured["curves"][probe][place - probes.index(probe)]
        assert (row["first"], row["last"]) == (*found.curve_shown.values[place, [0, -1]],)
        for number, model in enumerate(found.model.values):
            answers, guesses = (each[:, [place]] for each in (found.answer.values, found.prediction.values[number]))
            shares, covered = explained(answers.astype(float), guesses, found.time.values, early=True)
            known = shares[np.isfinite(shares)]
            assert row[model]["networks"] == len(known)
            assert row[model]["predicted"] == pytest.approx(np.mean(covered))
            assert row[model]["median"] == (pytest.approx(np.median(known), rel=1e-5) if len(known) else None)


@pytest.mark.long
def test_metrics_tell_of_the_leading_modes_and_where_networks_settle(measured, found):
    summary = measured["summary"]
    periods = np.median(found.mode_frequency * found.time_constant) / (2 * np.pi)
    assert summary["periods of the leading mode within its time constant"]["median"] == pytest.approx(periods)
    settled = (found.found_count == 1).all("input").mean()
    assert summary["share with one stable point throughout the training range"]["median"] == settled
    assert measured["mean_input"] == found.input.values[found.attrs["mean"]]
    slow = measured["curves"]["line"][2]["mode_frequency"]  # From 0.5 to 0.6: nearest to the constant input 0.6.
    values = found.eigenvalue_real.values[:, -1, 0] + 1j * found.eigenvalue_imaginary.values[:, -1, 0]
    frequencies = np.abs(np.angle(values[np.arange(3), np.abs(values).argmax(axis=1)])) / float(found.time[1])
    assert slow["median"] == pytest.approx(np.median(frequencies))
    assert (slow["networks"], slow["oscillating"]) == (3, (frequencies > 0).sum())


@pytest.mark.long
def test_at_a_stable_point_the_largest_exponent_is_that_of_the_leading_mode(measured, found):
    spacing = float(found.time[1])
    modulus = np.hypot(found.rest_real, found.rest_imaginary).isel(found=0)
    error = np.maximum(4 * found.exponent_error, 1e-3 / spacing)
    assert (np.abs(found.exponent - np.log(modulus) / spacing) <= error).all()
    assert (found.exponent_sign == -1).all()
    row = measured["summary"]["largest Lyapunov exponent"]
    assert row["median"] == pytest.approx(np.median(found.exponent[:, found.attrs["mean"]]))
    assert measured["summary"]["share whose largest exponent is below 0"]["median"] == 1


@pytest.mark.long
def test_networks_whose_modes_cannot_all_be_told_apart_are_counted(measured, found):
    told = "share whose modes can be told apart under all inputs"
    assert told not in measured["summary"]
    covered = found.coverage.copy(deep=True)
    covered.loc[{"model": "LPV, 2 modes", "seed": 1, "curves": "line"}] /= 2
    assert study.summary(found.assign(coverage=covered))[told]["median"] == pytest.approx(2 / 3)


@pytest.mark.long
def test_claims_judge_the_answers_of_a_model(studied, found):
    labeled = storage.load_results(studied.run / "answers_static_curve.nc", set())
    answers = np.concatenate([labeled[name].answer for name in names_of(labeled)], axis=1)
    np.testing.assert_array_equal(answers, found.prediction.sel(model="static curve").values[:, 1:])
    assert not labeled.diverged.any()
    (claim,) = (each for each in sentences.SENTENCES if each.id == "lines-nonlinear")
    assert np.isfinite(judging.judge(claim, {"sine": labeled}).number).all()


@pytest.mark.long
def test_every_figure_is_drawn_and_legible(studied, found):
    assert {path.stem for path in studied.run.glob("*.png")} == {
        *("rest", "resonance", "eigenvalues", "forgetting", "explained", "models", "exponents")
    }
    for figure in figures.draw(found).values():
        assert_legible(figure)


@pytest.mark.long
def test_a_network_does_not_depend_on_others_and_the_last_kept_step_is_the_end(studied, found, tmp_path):
    same = (each for each in studied.arguments if not each.startswith(("--seeds", "--results_dir")))
    assert carry_out(dynamics, [*same, "--seeds=2", f"--results_dir={tmp_path}", "--keep_steps=0,100"]) == 0
    (run,) = (tmp_path / "runs").glob("dynamics_sine-*")
    again = storage.load_results(run / "results.nc", set())
    for name in ("static_answer", "gain", "distance", "prediction", "mode_frequency"):
        np.testing.assert_array_equal(again[name], found[name].isel(seed=[0, 1]).transpose(*again[name].dims))
    assert (run / "course.png").is_file()
    assert again.kept_step.values.tolist() == [0, 100, 300]
    np.testing.assert_allclose(again.mode_frequency_course.sel(kept_step=300), again.mode_frequency, rtol=1e-6)
    assert not np.allclose(again.static_gain_course.sel(kept_step=0), again.static_gain)
