"""Networks that learn curves from files: what is read, kept out, scaled and told."""

import json
import re

import numpy as np
import pytest
import xarray as xr
from world import MINE as Y

import lstm_toys as lt
from conftest import ROOT, carry_out, located, value
from experiments import curve_sets as sets
from experiments import own
from lstm_toys.cli import command
from lstm_toys.results import arrays, storage
from lstm_toys.runs import flags

SMALL = ["--seeds=2", "--steps=4", "--hidden=4", "--quiet"]
ROWS, CURVES = Y.shape


def written(path, columns, header=None, decimal="."):
    """A file of columns."""
    separator = "," if decimal == "." else ";"
    lines = [header or separator.join(f"c{number}" for number in range(columns.shape[1]))]
    lines += [separator.join(f"{value:.6f}" for value in row).replace(".", decimal) for row in columns]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def mine(tmp_path):
    """Six curves, with time points half a second apart."""
    names = ",".join(["time (s)", *(f"run {number}" for number in range(CURVES))])
    return written(tmp_path / "mine.csv", np.column_stack([np.arange(ROWS) * 0.5, Y]), names)


@pytest.fixture
def other(tmp_path):
    """Two more of them, in the notation of another country."""
    return written(tmp_path / "other.txt", np.column_stack([340 + 0 * Y[:, 0], Y[:, 1] + 3]), "flat;high", ",")


def work_of(*arguments):
    """What a command line asks for."""
    return command.only(command.plan(own.EXPERIMENT, [*arguments, *SMALL]))


def ran(tmp_path, *arguments):
    """The folder of a run, and its results."""
    line = [*arguments, *SMALL, f"--results_dir={tmp_path / 'results'}"]
    assert carry_out(own.EXPERIMENT, line) == 0
    folder = located(work_of(*line), tmp_path / "results")
    return folder, storage.load_results(folder / "results.nc")


def test_the_next_value_is_told_in_the_units_of_the_file(world):
    run = world("own").run
    saved, metrics = lt.load(run), json.loads((run / "metrics.json").read_text())
    results, (held_out,) = saved.results, kept_out(saved.results)
    found = xr.concat([results[name].to_dataset().drop_vars("rmse") for name in (sets.TRAINED, sets.HELD_OUT)], "curve")
    every = dict(zip(found.name.values, range(CURVES), strict=True))
    for number in range(CURVES):
        curve = found.isel(curve=every[f"run {number}"])
        np.testing.assert_allclose(curve.input.values[:, 0], Y[:-1, number], atol=1e-4)
        np.testing.assert_allclose(curve.truth.values[:, 0], Y[1:, number], atol=1e-4)
    np.testing.assert_allclose(found.time, np.arange(1, ROWS) * 0.5, atol=1e-6)
    assert found.time.attrs == {"long_name": "time", "units": "s"}
    # The loaded networks answer what the results say, by hand.
    shown = saved.scaling.applied(found.input.values.astype(float))
    trained = results[sets.TRAINED].input.values
    assert abs(shown[: len(trained)]).max() < 0.81 < 1.1 * abs(trained - 350).max()
    answers = saved.scaling.undone(np.asarray(lt.answers(saved, shown.astype(np.float32))))
    np.testing.assert_allclose(found.answer, answers, atol=1e-3)
    again = np.sqrt(np.mean((Y[:-1, held_out] - Y[1:, held_out]) ** 2))
    told = metrics["summary"]["held out, RMSE of the last value again"]
    assert told == {"median": pytest.approx(again, abs=1e-4), "low": None, "high": None, "interval": "no network"}
    wrong = (results[sets.HELD_OUT].answer - results[sets.HELD_OUT].truth).values
    expected = np.median(np.sqrt(np.square(wrong).mean(axis=(1, 2, 3))))
    assert metrics["summary"]["held out, RMSE to target"]["median"] == pytest.approx(expected, rel=1e-4)
    names = ("trained_on", "held_out", "errors_over_time", "errors_over_curves", "loss")
    assert {path.name for path in run.glob("*.png")} == {f"{name}.png" for name in names}


def kept_out(found):
    """The numbers of the curves that were held out."""
    return [int(str(name).removeprefix("run ")) for name in found[sets.HELD_OUT]["name"].values]


@pytest.mark.long
def test_numbers_of_curves_are_told_in_their_units(tmp_path, mine, other):
    numbers = np.column_stack([Y.mean(axis=0), Y.max(axis=0)])
    targets = written(tmp_path / "t.txt", numbers, "mean;top", ",")
    folder, found = ran(tmp_path, f"--train={mine}", f"--targets={targets}", f"--show={other}")
    assert found[sets.HELD_OUT].output_feature.values.tolist() == ["mean", "top"]
    np.testing.assert_allclose(found[sets.HELD_OUT].truth, numbers[kept_out(found)], atol=1e-4)
    assert found[sets.SHOWN]["name"].values.tolist() == ["flat", "high"]
    assert np.isnan(found[sets.SHOWN].truth).all()
    told = json.loads((folder / "metrics.json").read_text())["summary"]
    assert {"held out, RMSE of mean to target", "held out, RMSE of top to target"} <= told.keys()
    assert {"numbers.png", "shown.png"} <= {path.name for path in folder.iterdir()}


@pytest.mark.long
def test_several_files_are_features_of_the_same_curves_whatever_their_size(tmp_path):
    first, second = written(tmp_path / "u.csv", Y[:, :2]), written(tmp_path / "v.csv", 1e9 * Y[:, 2:4])
    _, found = ran(tmp_path, f"--train={first}", f"--train={second}")
    assert found.training.feature.values.tolist() == ["u", "v"]
    np.testing.assert_allclose(found.training.truth[0, :, 1], 1e9 * Y[:, 2], rtol=1e-5)
    assert np.abs(found[sets.TRAINED].answer.sel(feature="v")).max() > 1e9
    assert arrays.names_of(found) == [sets.TRAINED]  # Two curves are too few to keep any out.


@pytest.mark.usefixtures("mine")
def test_a_run_is_of_the_numbers_in_files_and_not_of_their_names(tmp_path):
    header, *rows = (tmp_path / "mine.csv").read_text().splitlines()
    (tmp_path / "same.txt").write_text("\r\n".join([header, *rows]).replace(",", ";").replace(".", ","))
    (tmp_path / "changed.csv").write_text("\n".join([header, *rows[:-1], rows[-1].replace("3", "4")]))
    works = [value(work_of(f"--train={tmp_path / name}")) for name in ("mine.csv", "same.txt", "changed.csv")]
    assert works[0] == works[1] != works[2]
    named = work_of(f"--train={tmp_path / 'mine.csv'}", "--quantity=pressure (hPa)")
    assert named.subject.task(lt.time_points(ROWS)).output_features == ("pressure (hPa)",)
    assert value(named) != works[0]
    differing = [["--ask=next"], ["--hold_out=0.5"], ["--nostandardize", "--hold_out=0"], ["--batch=5"]]
    low = f"--train={written(tmp_path / 'low.csv', Y / 1000)}"
    assert len({str(value(work_of(low, *each))) for each in [[], *differing]}) == 5


def test_neither_order_nor_names_say_which_curves_are_kept_out():
    values = Y.T[:, :, None]
    first = sets.CurveSet("", tuple("abcdef"), values)
    turned = sets.CurveSet("", tuple("uvwxyz"), values[::-1])
    rest, out = sets.split_off(first, 2)
    assert sorted(rest + out) == list(range(CURVES))
    assert [CURVES - 1 - index for index in sets.split_off(turned, 2)[1]] == out[::-1]


def test_the_guide_says_what_counts_as_learned():
    (share, limit), text = (2, own.LEARNED), (ROOT / "docs" / "own-data.md").read_text()
    assert f"at most {share} % of the range of its targets" in text
    scaled = lt.Scaling.fitted(np.linspace(3, 8, 20).reshape(2, 10, 1)).applied(np.array([[3.0], [8.0]]))
    assert round(100 * limit / np.ptp(scaled)) == share


@pytest.mark.parametrize(
    ("count", "arguments", "batch", "kept"),
    [
        (101, [], 27, 81),
        (84, [], 33, 66),  # 67 curves have no divisor that would do.
        (101, ["--batch=8"], 8, 80),
        (30, [], None, 24),
    ],
)
def test_batches_are_full(tmp_path, count, arguments, batch, kept):
    values = np.random.default_rng(0).normal(size=(4, count))
    many = written(tmp_path / "many.csv", values, ",".join(f"n{number}" for number in range(count)))
    experiment = work_of(f"--train={many}", *arguments).subject
    x = lt.time_points(4)
    assert experiment.task(x).batch == batch
    assert [len(probe.inputs) for probe in experiment.probes(x)] == [kept, *([count - kept] if kept < count else [])]


def test_what_was_read_is_told_before_anything_is_trained(tmp_path, mine, other):
    read, rest, shown = command.plan(own.EXPERIMENT, [f"--train={mine}", f"--show={other}"])[1].notes
    ends = f"values from {Y.min():.6g} to {Y.max():.6g}"
    assert read == f"{mine}: 6 curves, 'run 0' to 'run 5', 20 rows, time from 0 to 9.5 s, {ends}"
    assert re.fullmatch(r"5 curves to train on, 1 curve held out: run \d", rest)
    assert shown.startswith(f"{other}: 2 curves, 'flat' to 'high', 20 rows, no time points, values from ")
    same = written(tmp_path / "same.csv", np.column_stack([Y, Y]), ",".join("abcdefghijkl"))
    notes = command.plan(own.EXPERIMENT, [f"--train={same}"])[1].notes
    assert any("6 of the curves have the same values" in note for note in notes)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "flag --train: needs a file with one curve per column, such as --train=mine.csv"),
        (["--train=mine.csv", "--train=short.csv"], "short.csv: has 6 curves of 3 rows, but mine.csv has 6 of 20"),
        (["--train=mine.csv", "--show=short.csv"], "short.csv: has 3 rows, but the training curves have 20; from"),
        (["--train=mine.csv", "--show=slow.csv"], "slow.csv: its time points are 2 s apart, and those of the training"),
        (["--train=mine.csv", "--train=slow.csv"], "slow.csv: its time points differ from those in mine.csv"),
        (["--train=mine.csv", "--quantity=a", "--quantity=b"], "flag --quantity: needs 1 different name"),
        (["--train=mine.csv", "--targets=short.csv"], "short.csv: has 3 rows of numbers for 6 curves"),
        (["--train=mine.csv", "--targets=mine.csv", "--ask=next"], "flag --ask=next: has no effect with --targets"),
        (["--train=mine.csv", "--hold_out=1"], "flag --hold_out=1: takes a share of at least 0 and below 1, or none"),
        (["--train=mine.csv", "--batch=0"], "flag --batch=0: takes an integer in the range [1, "),
        (["--train=mine.csv", "--hold_out=0.95"], "flag --hold_out=0.95: leaves too few of 6 curves for training"),
        (["--train=mine.csv", "--hold_out=0", "--batch=4"], "flag --batch=4: does not divide the 6 training curves"),
        (["--train=mine.csv", "--nostandardize", "--train=far.csv"], "far.csv: row 2, column 1: 1e+29 exceeds"),
    ],
)
@pytest.mark.usefixtures("mine")
def test_what_cannot_be_learned_is_told_in_one_line(arguments, told, tmp_path, monkeypatch):
    written(tmp_path / "short.csv", Y[:3], "a,b,c,d,e,f")
    written(tmp_path / "slow.csv", np.column_stack([np.arange(ROWS) * 2.0, Y]), "time (s),a,b,c,d,e,f")
    (tmp_path / "far.csv").write_text("a,b,c,d,e,f\n" + (",".join(["1e29"] * 6) + "\n") * ROWS)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(flags.UsageError, match=r"^[^\n]*$") as raised:
        work_of(*arguments)
    assert told in str(raised.value)
