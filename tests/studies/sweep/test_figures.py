"""The table and the figures of a sweep, of labeled results made by hand."""

import json
from itertools import product

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, legend, panels

from conftest import reported
from experiments import sine
from lstm_toys import output
from lstm_toys.results.arrays import probed
from lstm_toys.studies.sweep import figures, results
from lstm_toys.studies.sweep.settings import SweepSettings
from lstm_toys.studies.sweep.study import Sweep, _best
from lstm_toys.tasks.goal import Goal

SETTING = (
    {"optimizer": "sgd", "hidden": "32", "readout": "cell", "cell": "lstm", "gates": "sigmoid"}
    | {"timesteps": 20, "steps": 10, "learning_rate": 0.1, "momentum": np.nan, "decay": np.nan}
    | {"noise": 0.0, "train_amplitude": 0.3}
)
RATES = {"learning_rate": [0.1, 1.0]}
GOAL = Goal(rmse=7e-4**0.5, after=0)


def hand_made(grid, seeds=5, diverged=(), asked="feature", probes=("line", "sine")):
    """Labeled results of a sweep over a grid; `diverged` are pairs of setting and seed."""
    random = np.random.default_rng(0)
    settings = [SETTING | dict(zip(grid, chosen, strict=True)) for chosen in product(*grid.values())]
    columns = {name: ("setting", np.array([setting[name] for setting in settings])) for name in SETTING}
    steps, axes = columns["steps"][1], ("setting", "seed", "step")
    shape, step = (len(settings), seeds), np.arange(steps.max() + 1)
    lost = np.zeros(shape, bool)
    for pair in diverged:
        lost[pair] = True
    loss = random.uniform(0.01, 1.0, (*shape, len(step))).astype("f4")
    last = np.take_along_axis(loss, steps[:, None, None], axis=-1)[..., 0]
    loss[(step > steps[:, None, None]) | lost[..., None]] = np.nan
    outcomes = {"diverged": lost, "learned": (last < 0.3) & ~lost, "lost": (last > 0.9) & ~lost}
    training = xr.Dataset(
        {
            "train_loss": (axes, loss),
            "train_rmse": ((*axes, asked), np.sqrt(loss)[..., None]),
            "goal_error": (axes, np.sqrt(loss)),
        },
        {"step": step, asked: ["y"]},
    )
    networks = xr.Dataset({name: (axes[:2], each) for name, each in outcomes.items()}, {"seed": np.arange(seeds)})
    answered = {name: xr.Dataset({"rmse": (axes[:2], random.uniform(0.01, 1.0, shape))}) for name in probes}
    return xr.DataTree.from_dict({"/": networks.assign_coords(columns), "training": training, **answered})


def test_rows_are_the_statistics_of_each_setting():
    found = hand_made(RATES | {"hidden": ["8", "none"]}, diverged=[(1, 0), (1, 3), *((3, seed) for seed in range(5))])
    rows = results.rows(found)
    assert [(row["learning_rate"], row["hidden"]) for row in rows] == [(0.1, "8"), (0.1, "none"), (1, "8"), (1, "none")]
    assert not {"momentum", "decay"} & rows[0].keys()
    assert [row["diverged_seeds"] for row in rows] == [[], [0, 3], [], [0, 1, 2, 3, 4]]
    assert [row["learned"] for row in rows] == found.learned.values.sum(axis=1).tolist()
    assert [row["lost_seeds"] for row in rows] == [np.flatnonzero(own).tolist() for own in found.lost.values]
    for number, kept in enumerate([[0, 1, 2, 3, 4], [1, 2, 4], [0, 1, 2, 3, 4]]):
        errors = results.last(found, "train_loss"), found["line"].rmse, found["sine"].rmse
        for name, each in zip(("train_loss", "line", "sine"), errors, strict=True):
            values = each.values[number, kept]
            assert rows[number][name]["median"] == pytest.approx(np.median(values), rel=1e-6)
            assert rows[number][name]["low"] is None  # Intervals need eight networks.
    assert rows[3]["train_loss"] == rows[3]["sine"] == {"median": None, "low": None, "high": None}
    json.dumps(rows, allow_nan=False)
    found.dataset = found.to_dataset().drop_vars(["learned", "lost"])
    assert not {"learned", "lost_seeds"} & results.rows(found)[0].keys()


def test_the_tables_have_the_errors_of_every_probe_and_say_what_is_scaled(capsys):
    found = hand_made({"optimizer": ["sgd", "adam"], **RATES}, probes=("held out", "b"))
    found["b"].rmse.values[:] = np.nan
    given = {"scaling": "(y - 2) / 3", "scaled_errors": False, "of_answers": "RMSE", "loss": "train MSE"}
    lines = printed(found, {"goal": "", **given}, capsys)
    assert "networks are shown (y - 2) / 3; losses are of scaled values" in lines
    start = lines.index("optimizer rate held out")
    medians = np.median(found["held out"].rmse, axis=1)
    settings = zip(medians, found.optimizer.values, found.learning_rate.values, strict=True)
    for line, (median, optimizer, rate) in zip(lines[start + 2 : start + 6], settings, strict=True):
        assert line.split() == [optimizer, f"{rate:g}", f"{median:.3g}"]


def printed(found, given, capsys):
    """The lines of a sweep's report, without the spaces that align columns."""
    metrics = {"seeds": 5, "networks": 5, "shapes": 1, "seconds": {}, "member_steps_per_second": 1, **given}
    metrics |= {"rows": results.rows(found), "varied": results.varied(found)}
    for each in reported(Sweep(sine.EXPERIMENT, SweepSettings("sweep", settings=())), metrics):
        output.console().print(each)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("learned", "losses", "told"),
    [
        ([1, 3, 3, 2], [0.1, 0.3, 0.2, 0.05], ["best setting: learning rate 0.1, cell gru (learned by 3 of 5, "]),
        (None, [0.4, 0.3, 0.2, 0.5], ["best setting: learning rate 0.1, cell gru (median train MSE 0.2)"]),
        (None, [None, 0.3, None, 0.1], ["best setting: learning rate 1.0, cell gru (median train MSE 0.1)", "rate"]),
        (None, [None] * 4, []),
    ],
)
def test_the_best_setting_is_told_and_whether_the_grid_ends_there(learned, losses, told):
    """By who learned it first, then by the loss; names have no edge."""
    settings = [(0.01, "lstm"), (0.01, "gru"), (0.1, "gru"), (1.0, "gru")]
    rows = [
        {"learning_rate": rate, "cell": cell, "train_loss": {"median": loss}}
        for (rate, cell), loss in zip(settings, losses, strict=True)
    ]
    if learned is not None:
        rows = [{**row, "learned": count} for row, count in zip(rows, learned, strict=True)]
    lines = [*_best(rows, ["learning_rate", "cell"], 5, "train MSE")]
    assert len(lines) == len(told)
    assert all(words in line for words, line in zip(told, lines, strict=True))


@pytest.mark.parametrize("kinds", [["sequences"], ["points", "sequences"]])
def test_accuracies_are_not_called_errors_and_who_lost_the_goal_is_counted(kinds, capsys):
    found = accuracies(hand_made(RATES), kinds)
    found.lost.values[:] = [[False] * 5, [True, True] + [False] * 3]
    of_answers = " and ".join(f"accuracy over {each}" for each in kinds)
    lines = printed(found, {"goal": "it", "of_answers": of_answers, "loss": "train BCE"}, capsys)
    assert not any("RMSE" in line for line in lines)
    assert f"medians over networks: {of_answers} of answers to curves that were shown after training" in lines
    assert ("rate line sine" in lines) == (len(kinds) == 1)
    assert "learned: it; lost: met it earlier, but not at last" in lines
    start = lines.index("rate learned lost diverged train BCE 95 % bootstrap") + 2
    assert [line.split()[2] for line in lines[start : start + 2]] == ["0", "2"]


def fresh(found):
    """The same networks, which were trained on fresh examples."""
    found["training"].train_loss.attrs["recorded_on"] = "validation"
    return found


def accuracies(found, counted=("points", "sequences")):
    """The same networks, with accuracies instead of errors."""
    for name, node in found.children.items():
        own = node.to_dataset(inherit=False)
        of, error = ("train_accuracy", own.train_loss) if name == "training" else ("accuracy", own.rmse)
        every = error.expand_dims(counted=[*counted], axis=-1).assign_attrs(weighted=0)
        node.dataset = own.drop_vars(["rmse", "train_rmse"], errors="ignore").assign({of: every})
    found["training"].train_loss.attrs["loss"] = "cross_entropy"
    return found


def scaled(found):
    """The same networks, which were trained on scaled values."""
    found.attrs["scaling"] = json.dumps({"inputs": [[0.0, 2.0]], "outputs": [[0.0, 2.0]], "names": ["y"]})
    return found


@pytest.mark.parametrize(
    ("change", "file", "title", "label", "panel"),
    [
        (scaled, "rmse", "Train RMSE of scaled values, at", "train RMSE of scaled values", "training set"),
        (accuracies, "accuracy", "Train accuracy", "accuracy", "over sequences"),
        (fresh, "rmse", "Validation RMSE, at", "validation RMSE", "validation set"),
        (lambda found: fresh(accuracies(found)), "accuracy", "Validation accuracy", "accuracy", "over sequences"),
    ],
)
def test_figures_say_what_they_show(change, file, title, label, panel):
    goal = Goal(accuracy=0.9, features=("sequences",)) if file == "accuracy" else GOAL
    figure = figures.draw(change(hand_made(RATES)), goal)[f"{file}.png"]
    assert figure.get_suptitle().startswith(title)
    assert (figure.get_supylabel(), panels(figure)[0].get_title()) == (label, panel)


def test_title_and_label_of_features_with_long_names_end_within_the_figure():
    goal = Goal(rmse=0.02, features=("temperature at the outer wall (°C)", "humidity of the air (%)"))
    figure = figures.draw(hand_made({}), goal)["rmse.png"]
    assert_legible(figure)
    label = figure.findobj(lambda each: getattr(each, "get_text", str)() == figure.get_supylabel())[0]
    assert 0 <= label.get_window_extent().y0 < label.get_window_extent().y1 <= figure.bbox.y1


@pytest.mark.parametrize(
    ("grid", "own", "varied"),
    [
        ({}, {}, []),
        ({"steps": [1, 2], "hidden": ["8", "8,8"]}, {}, ["hidden", "steps"]),
        ({"momentum": [0.5, 0.9], "optimizer": ["momentum", "adam"]}, {}, ["optimizer", "momentum"]),
        ({"optimizer": ["sgd", "momentum", "adam"]}, {"momentum": [np.nan, 0.9, 0.8]}, ["optimizer"]),
        ({"cell": ["lstm", "gru", "rnn"]}, {"gates": ["hard", "hard", "sigmoid"]}, ["cell"]),
    ],
)
def test_what_varies_is_told_but_not_what_follows_from_it(grid, own, varied):
    made = hand_made(grid).to_dataset().assign_coords({name: ("setting", np.array(each)) for name, each in own.items()})
    assert results.varied(made) == varied


GRIDS = [
    ({}, True),
    ({"hidden": ["none", "8"]}, False),
    ({"noise": [0.0, 0.1], "hidden": ["none", "8", "32"]}, True),
    (RATES | {"hidden": ["8", "32"], "optimizer": ["sgd", "rmsprop"], "steps": [0, 10, 20]}, True),
]


@pytest.mark.parametrize(("grid", "joined"), GRIDS)
def test_every_grid_is_drawn_and_only_numbers_are_joined_by_lines(grid, joined):
    """Of sequence and vector tasks, with goals of all features and of one, in turn."""
    found = hand_made(grid, asked=("feature", "output_feature")[len(grid) % 2])
    drawn = figures.draw(found, Goal(rmse=0.02, features=("y",)) if joined else GOAL)
    assert drawn.keys() == {"rmse.png", "loss.png", "answers.png"}
    for figure in drawn.values():
        assert_legible(figure)
        assert len(panels(figure)) <= figures.MOST_PANELS
        assert len(legend(figure)) <= figures.MOST_ENTRIES + 5
        told = " ".join([figure.get_supxlabel(), *legend(figure), *(axes.get_title() for axes in panels(figure))])
        assert all(each.replace("_", " ").rstrip("s") in told for each in results.varied(found))
    assert len(panels(drawn["answers.png"])) == 2 * len(panels(drawn["rmse.png"]))
    assert ("counts as learned: 0.026" in legend(drawn["rmse.png"])) == (not joined)
    lines = [
        *(line for axes in panels(drawn["rmse.png"]) for line in axes.lines),
        *drawn["rmse.png"].legends[0].get_lines(),
    ]
    assert joined == any(line.get_linestyle() == "-" for line in lines if line.get_marker() != "|")


def test_medians_and_the_middle_of_networks_are_drawn_over_the_learning_rate_for_each_size():
    grid = {"learning_rate": [1.0, 0.1], "hidden": ["8", "32"], "optimizer": ["sgd", "rmsprop"]}
    found = hand_made(grid, diverged=[(1, 0), *((7, seed) for seed in range(5))])
    seen, training = panels(figures.draw(found, GOAL)["rmse.png"]), probed(found, "training")
    assert [axes.get_title() for axes in seen] == ["training set, optimizer sgd", "training set, optimizer rmsprop"]
    for axes, optimizer in zip(seen, grid["optimizer"], strict=True):
        lines = [line for line in axes.lines if line.get_linestyle() == "-"]
        for line, bars, hidden in zip(lines, axes.collections, grid["hidden"], strict=True):
            chosen = (found.optimizer.values == optimizer) & (found.hidden.values == hidden)
            own = training.isel(setting=chosen & ~found.diverged.values.all(axis=1)).sortby("learning_rate")
            errors = np.where(own.diverged, np.nan, own.goal_error.isel(step=-1))
            low, middle, high = np.nanquantile(errors, (0.05, 0.5, 0.95), axis=1)
            np.testing.assert_allclose(line.get_xydata(), np.stack([own.learning_rate, middle], 1))
            np.testing.assert_allclose([path.vertices[:, 1] for path in bars.get_paths()], np.stack([low, high], 1))
    known = [line for axes in seen for line in axes.lines if len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in known if line.get_marker() == "x"] == [[0.1]]
    assert [list(line.get_xdata()) for line in known if line.get_fillstyle() == "none"] == [[1.0]]


def test_the_loss_is_drawn_as_far_as_the_longest_training():
    found = hand_made(RATES | {"steps": [4, 10]}, diverged=[(3, 1)])
    (axes,), losses = panels(figures.draw(found, GOAL)["loss.png"]), found["training"].train_loss.values
    for line, setting, kept in zip(axes.lines, (1, 3), ([0, 1, 2, 3, 4], [0, 2, 3, 4]), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(11))
        np.testing.assert_allclose(line.get_ydata(), np.median(losses[setting, kept], axis=0))
    for count, bands in ((3, 3), (4, 0)):  # More than three bands would hide each other.
        (axes,) = panels(figures.draw(hand_made({"learning_rate": [*np.arange(1.0, 1 + count)]}), GOAL)["loss.png"])
        assert len(axes.collections) == bands


def test_networks_that_all_diverged_and_a_single_network_are_drawn():
    lost = hand_made(RATES, diverged=[*product(range(2), range(5))])
    for name, figure in figures.draw(lost, GOAL).items():
        assert_legible(figure)
        assert name == "loss.png" or "every network diverged" in legend(figure)
    alone = hand_made({}, seeds=1)
    alone["training"].goal_error.values[:] = 0.16300069  # Quantiles may differ by their last bit.
    assert_legible(figures.draw(alone, Goal(rmse=0.02, features=("y",)))["rmse.png"])


def test_losses_are_drawn_where_they_were_recorded():
    found = hand_made(RATES)
    found["training"].train_loss.values[1, :, 1::2] = np.nan
    (axes,) = panels(figures.histories(found))
    assert [line.get_xdata().tolist() for line in axes.lines] == [[*range(11)], [*range(0, 11, 2)]]
