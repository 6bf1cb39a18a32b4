"""Networks of drawn recipes are those of ordinary trainings, in as few programs as possible."""

import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from conftest import context, executed, value
from experiments import sine, slope_intercept
from lstm_toys.files import sha256
from lstm_toys.results import storage
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.study import Refused
from lstm_toys.sharing import compare
from lstm_toys.studies.training.recipes import RecipeSettings, RecipeTraining
from lstm_toys.studies.training.study import Training

DRAWN = (
    "--steps=20 --learning_rate=0.001 --hidden=4",
    "--steps=7 --learning_rate=0.01 --hidden=4",
    "--steps=20 --learning_rate=0.01 --hidden=none",
    "--steps=20 --learning_rate=1e6 --hidden=4 --optimizer=sgd",
    "--steps=20 --learning_rate=0.001 --hidden=4",
)
"""The last is the first again."""


def settings_of(flags, seeds=2):
    return parse(sine.EXPERIMENT, ["--timesteps=20", *flags.split(), f"--seeds={seeds}"])[0]


def training(drawn=DRAWN):
    return RecipeTraining(sine.EXPERIMENT, RecipeSettings("sine_recipes", settings=tuple(map(settings_of, drawn))))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    study = training().placed(folder / "runs", {})
    study.run.folder.mkdir(parents=True)
    summary = study.compute(context(folder, trainings=3))
    files = {name: sha256(study.run.folder / name) for name in summary["files"]}
    study.run.write_metrics({**summary, "files": files})
    return study


@pytest.fixture(scope="module")
def labeled(trained):
    return storage.load_results(trained.run.results)


def test_recipe_r_has_the_networks_2r_and_2r_plus_1_of_an_ordinary_training(labeled, tmp_path):
    for recipe in (1, 2):
        settings = settings_of(DRAWN[recipe], seeds=2 * recipe + 2)
        alone = storage.load_results(executed(Training(sine.EXPERIMENT, settings), tmp_path).results)
        ours, theirs = (results.sel(seed=[2 * recipe, 2 * recipe + 1]) for results in (labeled, alone))
        for name in ("line", "frequency", "training"):
            xr.testing.assert_equal(ours[name].answer.variable, theirs[name].answer.variable)
        known = ours["training"].train_loss.dropna("step").sel(step=slice(None, settings.steps))
        last = theirs["training"].train_loss.isel(step=-1)
        np.testing.assert_array_equal(known.isel(step=-1), last)
        assert ours.learned.values.tolist() == theirs.learned.values.tolist()


def test_settings_are_coordinates_along_the_networks(labeled):
    assert labeled.seed.values.tolist() == [*range(10)]
    assert labeled.learning_rate.values.tolist() == [*np.repeat([0.001, 0.01, 0.01, 1e6, 0.001], 2)]
    assert labeled.hidden.values.tolist() == [*np.repeat(["4", "4", "none", "4", "4"], 2)]
    assert labeled.learning_rate.dims == ("seed",)


def test_networks_that_diverge_did_not_learn(labeled):
    assert labeled.diverged.values.tolist() == [seed in (6, 7) for seed in range(10)]
    assert not labeled.learned.values[[6, 7]].any()


def test_recipes_share_programs_and_equal_ones_have_networks_of_their_own(trained, labeled):
    assert [shape.members for shape in trained.shapes] == [6, 2, 2]
    losses = labeled["training"].train_loss.isel(step=0).values
    assert len(np.unique(losses)) == 10


def test_networks_of_one_model_answer_as_stored(trained):
    parts = [*trained.parts(trained.run)]
    assert [part.seeds.tolist() for part in parts] == [[2, 3], [0, 1, 8, 9], [4, 5], [6, 7]]
    assert [part.step for part in parts] == [7, 20, 20, 20]
    for part in parts[:2]:
        line = lt.probed(part.results, "line")
        np.testing.assert_array_equal(lt.answers(part, line.input.values), line.answer.values)
        assert part.results["training"].step.values[-1] == part.step
        assert np.isfinite(part.results["training"].train_loss.values).all()


def test_more_recipes_change_none(labeled, tmp_path):
    fewer = storage.load_results(executed(training(DRAWN[:2]), tmp_path, trainings=2).results)
    np.testing.assert_array_equal(fewer.line.answer, labeled.line.answer.sel(seed=fewer.seed))


def test_some_networks_are_trained_alone_under_their_numbers(trained, labeled, tmp_path):
    some = training(DRAWN[1:4:2])
    some.first_seeds = [2, 6]
    some = some.placed(tmp_path / "runs", {})
    some.run.folder.mkdir(parents=True)
    summary = some.compute(context(tmp_path, trainings=2))
    few = storage.load_results(some.run.results)
    assert few.seed.values.tolist() == [2, 3, 6, 7]
    for name in ("line", "training"):
        np.testing.assert_array_equal(few[name].answer, labeled[name].answer.sel(seed=few.seed))
    ours, theirs = compare.by_seed(summary, trained.run.stored())
    assert len(ours) == 4
    assert ours.items() <= theirs.items()
    pair = Training(sine.EXPERIMENT, settings_of(DRAWN[2]))
    pair.first_seeds = [4]
    alone = storage.load_results(executed(pair, tmp_path).results)
    assert alone.seed.values.tolist() == [4, 5]
    np.testing.assert_array_equal(alone.line.answer, labeled.line.answer.sel(seed=[4, 5]))
    usual = Training(sine.EXPERIMENT, settings_of(DRAWN[2]))
    assert value(pair) != value(usual)


def test_a_table_has_all_settings_of_each_recipe():
    lines = training().texts()["recipes.csv"].splitlines()
    assert lines[0].startswith("recipe,optimizer,hidden,readout,cell,gates,timesteps,steps,learning_rate")
    assert len(lines) == 6
    assert lines[3].startswith("2,rmsprop_keras,none,cell")


def test_other_recipes_or_other_seeds_are_another_run():
    first, second = (value(training((DRAWN[0], other))) for other in DRAWN[:2])
    assert first != second
    assert value(training(DRAWN[:1])) != value(training(DRAWN[:1] * 2))


def test_what_trains_on_from_other_networks_has_no_recipes():
    experiment = lt.Experiment(
        **{name: getattr(sine.EXPERIMENT, name) for name in ("name", "doc", "defaults", "task", "numbers")},
        initial=lambda settings: lt.ask(slope_intercept.EXPERIMENT, f"--seeds={settings.seeds}"),
    )
    with pytest.raises(Refused, match="it trains on from other networks, so it has no recipes"):
        RecipeTraining(experiment, RecipeSettings("sine_recipes", settings=(settings_of(DRAWN[0]),))).check()
