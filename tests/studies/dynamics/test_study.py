"""The study of dynamics: from the command to results, against answers to long constant inputs and plain formulas."""

import json
from collections import Counter
from itertools import product

import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from experiments.post import sentences
from lstm_toys.cli import dynamics
from lstm_toys.dynamics.driven import driven
from lstm_toys.dynamics.rest import Kind, starts_of
from lstm_toys.dynamics.system import system_of
from lstm_toys.results import storage
from lstm_toys.studies.claims import verdicts
from lstm_toys.studies.dynamics import analysis, computation

SMALL = ["--hidden=4", "--timesteps=20", "--steps=300", "--learning_rate=0.01", "--quiet"]
ASKED = ["--inputs=0:0.6:3", "--starts=4"]


def run_of(folder, kind="dynamics_sine"):
    (run,) = (folder / "runs").glob(f"{kind}-*")
    return run


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """The folder of a study of three networks."""
    folder = tmp_path_factory.mktemp("dynamics")
    assert carry_out(dynamics, ["--seeds=3", *SMALL, *ASKED, f"--results_dir={folder}"]) == 0
    return folder


@pytest.fixture(scope="module")
def found(studied):
    return storage.load_results(run_of(studied) / "results.nc", set())


@pytest.fixture(scope="module")
def measured(studied):
    return json.loads((run_of_three(studied) / "metrics.json").read_text())


def test_answers_at_rest_are_those_to_a_long_constant_input(studied, found):
    saved = lt.load(run_of(studied, "sine"))
    assert (found.kind.isel(found=0) == Kind.STABLE).all()
    constant = np.repeat(found.input.values[:, None, None], 2_000, axis=1).astype(np.float32)
    answers = lt.answers(saved.model, saved.params, constant)[:, :, -1]
    np.testing.assert_allclose(found.static_answer, answers, atol=2e-5)
    mean = saved.results.train_target.values.mean()
    assert found.input.values[found.attrs["mean"]] == pytest.approx(mean, abs=1e-6)


def test_the_response_is_that_of_small_sines(found):
    own = found.gain.isel(input=int(found.attrs["mean"])).sel(frequency=found.measured_frequency.values)
    np.testing.assert_allclose(own, found.measured_gain, rtol=1e-2)
    assert found.frequency.attrs["units"] == "rad per x"


def test_what_is_found_along_a_curve_bears_the_name_of_its_family(studied, found):
    saved = lt.load(run_of(studied, "sine"))
    system = system_of(saved.model, saved.params, 1)
    visited = found.trajectory.values.astype(float)
    for family in found.driving.values:
        curve = found.curve_shown.values[found.family.values == family][:1, :, None]
        own = driven(system, saved.params, curve, starts_of(visited, 4), float(found.time[1] - found.time[0]))
        np.testing.assert_allclose(found.exponent.sel(driving=family), own.exponents[:, 0], rtol=1e-3)
    assert found.driving.values.tolist()[:2] == ["training", "line"]


@pytest.mark.parametrize("ending", ["", "_early"])
def test_the_variance_explained_is_that_of_a_plain_loop(found, ending):
    inside = (found.time.values < 0.2) == (ending == "_early")
    for (number, model), curves, seed in product(enumerate(found.model.values), ("line", "frequency"), range(3)):
        share, coverage = plain_share(found, number, seed, found.family.values == curves, inside)
        own = {"model": model, "curves": curves}
        assert found[f"explained{ending}"].sel(own).values[seed] == pytest.approx(share, rel=1e-5, nan_ok=True)
        assert found[f"coverage{ending}"].sel(own).values[seed] == pytest.approx(coverage)


def plain_share(found, number, seed, chosen, inside):
    """The share of variance that a model explains, and the share of points that it predicts, for one network."""
    answer = found.answer.values[seed, chosen][:, inside].astype(float)
    guess = found.prediction.values[number, seed, chosen][:, inside]
    known = np.isfinite(guess)
    if known.sum() < 2:
        return np.nan, known.mean()
    rest = np.square(answer - guess)[known].sum()
    return 1 - rest / np.square(answer[known] - answer[known].mean()).sum(), known.mean()


def test_metrics_say_of_every_curve_how_much_of_its_first_fifth_each_model_explains(measured, found):
    early = found.time.values < 0.2
    families = found.family.values.tolist()
    assert {name: len(rows) for name, rows in measured["curves"].items()} == Counter(families)
    for place, family in enumerate(families):
        row = measured["curves"][family][place - families.index(family)]
        shown = found.curve_shown.values[place]
        assert (row["first"], row["last"]) == (shown[0], shown[-1])
        for number, model in enumerate(found.model.values):
            shares, covered = zip(*(plain_share(found, number, seed, [place], early) for seed in range(3)), strict=True)
            known = [each for each in shares if np.isfinite(each)]
            assert row[model]["networks"] == len(known)
            assert row[model]["predicted"] == pytest.approx(np.mean(covered))
            assert row[model]["median"] == (pytest.approx(np.median(known), rel=1e-5) if known else None)


def test_the_mode_of_a_curve_is_that_of_the_rest_nearest_to_its_first_fifth(measured, found):
    slow = measured["curves"]["line"][2]["mode_frequency"]  # From 0.5 to 0.6: nearest to the constant input 0.6.
    values = found.eigenvalue_real.values[:, -1, 0] + 1j * found.eigenvalue_imaginary.values[:, -1, 0]
    largest = values[np.arange(3), np.abs(values).argmax(axis=1)]
    frequencies = np.abs(np.angle(largest)) / float(found.time[1] - found.time[0])
    assert slow["median"] == pytest.approx(np.median(frequencies))
    assert (slow["networks"], slow["oscillating"]) == (3, (frequencies > 0).sum())


def test_the_summary_says_how_slowly_a_mode_fades_and_that_networks_settle_throughout_the_training_range(
    measured, found
):
    quality = np.median(found.mode_frequency * found.time_constant / 2)
    assert measured["summary"]["quality factor of the leading mode"]["median"] == pytest.approx(quality)
    settled = measured["summary"]["share with one stable point throughout the training range"]
    assert settled["median"] == (found.found_count == 1).all("input").mean()
    assert measured["mean_input"] == found.input.values[found.attrs["mean"]]


def test_the_gain_at_the_training_size_is_that_of_answers_to_such_a_sine(studied, found):
    saved = lt.load(run_of(studied, "sine"))
    curve = saved.results.train_target.values
    for seed, frequency in enumerate(found.peak_frequency.values):
        phase = frequency * float(found.time[1] - found.time[0]) * np.arange(6_000)
        mean = found.input.values[found.attrs["mean"]]
        shown = (mean + np.ptp(curve) / 2 * np.sin(phase)).astype(np.float32)
        answer = lt.answers(saved.model, saved.params, shown[None, :, None])[seed, 0, 3_000:, 0]
        fitted = np.stack([np.ones_like(phase), np.sin(phase), np.cos(phase)], axis=1)[3_000:]
        _, sine, cosine = np.linalg.lstsq(fitted, answer, rcond=None)[0]
        expected = np.hypot(sine, cosine) / (np.ptp(curve) / 2)
        assert found.peak_gain_trained.values[seed] == pytest.approx(expected, rel=2e-2)


def test_the_report_shows_every_model_and_family_in_both_windows(studied, measured):
    study = dynamics.plan(["--seeds=3", *SMALL, *ASKED, f"--results_dir={studied}"]).studies[0]
    late, early = (
        each for each in study.report(measured) if getattr(each, "title", None) and "explain" in str(each.title)
    )
    for table in (late, early):
        assert [column.header.plain for column in table.columns][1:] == [
            *("training", "line", "line origin", "amplitude", "phase", "frequency")
        ]
        rows = [cell.plain for cell in table.columns[0].cells]
        assert [name for name in rows if not name.startswith("predicted")] == [*analysis.MODELS]
    assert "in the first fifth" in str(early.title)
    assert "after the first fifth" in str(late.title)


@pytest.mark.long
def test_the_last_kept_step_is_the_end_of_the_training(tmp_path):
    asked = ["--seeds=2", *SMALL, *ASKED, "--keep_steps=0,100", f"--results_dir={tmp_path}"]
    assert carry_out(dynamics, asked) == 0
    found = storage.load_results(run_of(tmp_path) / "results.nc", set())
    assert (run_of(tmp_path) / "course.png").is_file()
    assert found.kept_step.values.tolist() == [0, 100, 300]
    np.testing.assert_allclose(found.mode_frequency_course.sel(kept_step=300), found.mode_frequency, rtol=1e-6)
    assert not np.allclose(found.static_gain_course.sel(kept_step=0), found.static_gain)


@pytest.mark.long
def test_a_network_does_not_depend_on_the_others_and_a_part_is_analyzed_once(studied, found, monkeypatch):
    monkeypatch.setattr(computation, "TOGETHER", 1)
    analyzed, original = [], analysis.Analysis.analyzed

    def counted(self, part):
        if len(analyzed) == 1 and part.members.start == 1:
            analyzed.append("stopped")
            raise KeyboardInterrupt
        analyzed.append(part.members.start)
        return original(self, part)

    monkeypatch.setattr(analysis.Analysis, "analyzed", counted)
    again = [*SMALL, *ASKED, f"--results_dir={studied}"]
    with pytest.raises(KeyboardInterrupt):
        carry_out(dynamics, ["--seeds=2", *again])
    assert carry_out(dynamics, ["--seeds=2", *again]) == 0
    assert analyzed == [0, "stopped", 1]
    every = [storage.load_results(each, set()) for each in (studied / "runs").glob("dynamics_sine-*/results.nc")]
    (two,) = (each for each in every if each.sizes["seed"] == 2)
    for name in ("static_answer", "gain", "exponent", "prediction", "mode_frequency"):
        np.testing.assert_array_equal(two[name], found[name].isel(seed=[0, 1]).transpose(*two[name].dims))


def test_claims_judge_the_answers_of_a_model(studied, found):
    answers = run_of_three(studied) / "answers_static_curve.nc"
    labeled = storage.load_results(answers, set())
    np.testing.assert_array_equal(labeled.answer, found.prediction.sel(model="static curve").values[:, 1:])
    assert not labeled.diverged.any()
    (claim,) = (each for each in sentences.SENTENCES if each.id == "lines-nonlinear")
    judged = verdicts.judge(claim, {"sine": labeled})
    assert np.isfinite(judged.numbers).all()


def run_of_three(folder):
    every = (folder / "runs").glob("dynamics_sine-*")
    (run,) = (each for each in every if json.loads((each / "metrics.json").read_text())["seeds"] == 3)
    return run


def test_every_figure_is_drawn(studied):
    run = run_of_three(studied)
    assert {path.stem for path in run.glob("*.png")} == {
        *("rest", "resonance", "eigenvalues", "forgetting", "explained", "models")
    }


@pytest.mark.parametrize("flag", ["--inputs=1:0:3", "--inputs=0:1:1", "--starts=1", "--weight_scale=0"])
def test_what_cannot_be_analyzed_is_refused_in_one_line(flag, tmp_path, capsys):
    assert carry_out(dynamics, [flag, f"--results_dir={tmp_path}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert flag.partition("=")[0].strip("-") in line
