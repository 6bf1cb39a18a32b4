"""The study of dynamics: from the command to results, against answers to long constant inputs and plain formulas."""

import json

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


def test_the_variance_explained_is_that_of_a_plain_loop(found):
    late = found.time.values >= 0.2
    for number, model in enumerate(found.model.values):
        for curves in ("line", "frequency"):
            chosen = found.family.values == curves
            for seed in range(3):
                answer = found.answer.values[seed, chosen][:, late].astype(float)
                guess = found.prediction.values[number, seed, chosen][:, late]
                known = np.isfinite(guess)
                rest = np.square(answer - guess)[known].sum()
                expected = 1 - rest / np.square(answer[known] - answer[known].mean()).sum()
                own = found.explained.sel(model=model, curves=curves).values[seed]
                np.testing.assert_allclose(own, expected, rtol=1e-5)
                assert found.coverage.sel(model=model, curves=curves).values[seed] == pytest.approx(known.mean())


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
