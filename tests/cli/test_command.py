"""The command from flags to figures: in a process of its own, then in this one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.image import imread

import conftest
from conftest import HANG, carry_out, carry_out_without_jax, finished_without_jax, refusal
from experiments.sine import EXPERIMENT
from lstm_toys.files import SCHEMA
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering
from lstm_toys.results import storage
from lstm_toys.studies.training import computation

ROOT = Path(__file__).parents[2]
SMALL = ["--seeds", "3", "--steps", "30", "--timesteps", "20"]
FIGURES = conftest.SINE_FIGURES
FAMILIES = ["line"] * 5 + ["line_origin"] * 6 + ["amplitude"] * 6 + ["phase"] * 6 + ["frequency"] * 6


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    """A small run in a process of its own, and the folder of all results."""
    folder = tmp_path_factory.mktemp("process") / "results"
    arguments = ["-m", "experiments.sine", *SMALL, "--results_dir", folder]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr
    return done, folder


@pytest.fixture(scope="module")
def folder(process):
    """The folder of the small run."""
    (folder,) = (process[1] / "runs").iterdir()
    return folder


@pytest.fixture
def mine(process, folder, tmp_path):
    """A copy of all results that a test may change, and of the small run's folder within."""
    shutil.copytree(process[1], tmp_path / "results")
    return tmp_path / "results", tmp_path / "results" / "runs" / folder.name


def snapshot(folder):
    """The files of a folder, without the manifests, of which every process may add one."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("loaded-"))
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def strict_json(path):
    def refuse(word):
        raise ValueError(word)

    return json.loads(path.read_text(), parse_constant=refuse)


def test_results_are_labeled(folder):
    with xr.open_dataset(folder / "results.nc", engine="h5netcdf") as labeled:
        labeled.load()
    assert labeled.train_loss.dims == ("seed", "step")
    assert labeled.train_target.dims == ("time", "feature")
    assert labeled.input.dims == ("curve", "time", "feature")
    assert labeled.answer.dims == ("seed", "curve", "time", "feature")
    assert labeled.diverged.dims == ("seed",)
    assert {"seed": 3, "step": 31, "curve": 29, "time": 20, "feature": 1}.items() <= labeled.sizes.items()
    assert labeled.step.values.tolist() == list(range(31))
    assert labeled.family.values.tolist() == FAMILIES
    np.testing.assert_allclose(labeled.time, np.linspace(0.0, 1.0, 20), atol=1e-6)
    np.testing.assert_allclose(labeled.train_target.sel(feature="y"), 0.3 + 0.3 * np.sin(10 * labeled.time), atol=1e-6)
    assert np.isfinite(labeled.train_loss).all()
    assert np.isfinite(labeled.answer).all()
    assert (labeled.train_loss.isel(step=-1) < labeled.train_loss.isel(step=0)).all()
    assert json.loads(labeled.attrs["flags"])["seeds"] == 3
    assert {"jax", "jaxlib", "processor", "xla_flags", "block"} <= json.loads(labeled.attrs["fingerprint"]).keys()


def test_curves_have_the_post_s_parameters(folder):
    labeled = storage.load_results(folder / "results.nc")
    amplitudes, slopes = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 0.2, 0.5, 0.8, 1.2]

    def of(family, name):
        return labeled[name].values[labeled.family.values == family]

    np.testing.assert_array_equal(of("line", "slope"), slopes)
    np.testing.assert_array_equal(of("line", "intercept"), slopes)
    np.testing.assert_array_equal(of("line_origin", "slope"), [0.1, 0.2, 0.4, 0.6, 0.8, 1.2])
    np.testing.assert_array_equal(of("line_origin", "intercept"), 0.0)
    for family in ("amplitude", "phase", "frequency"):
        np.testing.assert_array_equal(of(family, "amplitude"), amplitudes)
        np.testing.assert_array_equal(of(family, "slope"), np.nan)
        np.testing.assert_array_equal(of(family, "intercept"), np.nan)
    np.testing.assert_allclose(of("phase", "phase"), [0.1, 0.5, 0.6, 0.9, 1.2, 1.5])
    np.testing.assert_array_equal(of("amplitude", "phase"), 0.0)
    np.testing.assert_array_equal(of("frequency", "frequency"), [10, 20, 30, 40, 50, 60])
    for name in ("amplitude", "frequency", "phase"):
        np.testing.assert_array_equal(of("line", name), np.nan)
        np.testing.assert_array_equal(of("line_origin", name), np.nan)


def test_metrics_tell_of_the_run(folder):
    metrics = strict_json(folder / "metrics.json")
    labeled = storage.load_results(folder / "results.nc")
    assert metrics["train_mse"] == labeled.train_loss.values[:, -1].astype(float).tolist()
    assert (metrics["seeds"], metrics["steps"], metrics["diverged_seeds"]) == (3, 30, [])
    assert metrics["seconds"].keys() == {"import", "identify", "compile", "train", "evaluate", "figures"}
    assert all(seconds >= 0 for seconds in metrics["seconds"].values())
    assert metrics["member_steps_per_second"] > 0
    assert {**metrics["flags"], "value": metrics["value"], "schema": SCHEMA} == strict_json(folder / "config.json")


def test_parameters_give_the_stored_answers_again(folder):
    labeled = storage.load_results(folder / "results.nc")
    params = storage.load_parameters(folder / "parameters.npz")
    model = Stack(1, (32,), gates="hard")
    answers = answering.answers(model, params, labeled.input.values)
    np.testing.assert_array_equal(answers, labeled.answer)
    train_answer = answering.answers(model, params, labeled.train_target.values[None])
    np.testing.assert_array_equal(train_answer[:, 0], labeled.train_answer)


def test_every_figure_is_there(folder):
    assert {path.name for path in folder.glob("*.png")} == FIGURES
    for name in FIGURES:
        image = imread(folder / name)
        assert image.shape[0] > 400
        assert image.shape[1] > 600
        assert image.std() > 0.02


def test_the_folder_holds_nothing_else(process, folder):
    expected = FIGURES | {".lock", "config.json", "results.nc", "metrics.json", "parameters.npz", "population.json"}
    names = {path.name for path in folder.iterdir()}
    assert {name for name in names if not name.startswith("loaded-")} == expected
    assert len(names) == len(expected) + 1
    assert folder.name.startswith("sine-")
    assert [path.name for path in process[1].iterdir()] == ["runs"]


def test_the_output_tells_progress_results_and_paths(process, folder):
    output = process[0].stdout
    assert "XLA_FLAGS" not in output or os.environ.get("XLA_FLAGS")
    for text in ("member-steps/s", "median loss", "0 diverged", "s left", "3 networks after 30 steps", "train MSE"):
        assert text in output
    for family in dict.fromkeys(FAMILIES):
        assert f"{family}, RMSE to target" in output
    for name in FIGURES | {"results.nc", "metrics.json", "parameters.npz"}:
        assert str(folder / name) in output


def test_a_finished_run_is_told_and_left_alone(mine, capsys):
    before = snapshot(mine[0])
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={mine[0]}"]) == 0
    output, errors = capsys.readouterr()
    assert "finished" in output
    assert "train MSE" in output
    assert str(mine[1] / "results.nc") in output
    assert errors == ""
    assert snapshot(mine[0]) == before


def test_quiet_prints_the_folder_alone(mine, capsys):
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={mine[0]}", "--quiet"]) == 0
    assert capsys.readouterr() == (f"{mine[1]}\n", "")


@pytest.mark.long
def test_figures_of_a_finished_run_are_drawn_in_another_format_without_training(mine, capsys, monkeypatch):
    monkeypatch.setattr(computation, "execute", None)
    before = snapshot(mine[1])
    asked = [*SMALL, f"--results_dir={mine[0]}"]
    for arguments, form in (
        (["--figure_format=svg", "--replot"], "svg"),
        (["--figure_format=pdf"], "pdf"),
        ([], "png"),
    ):
        assert carry_out(EXPERIMENT, [*asked, *arguments]) == 0
        wanted = {f"{Path(name).stem}.{form}" for name in FIGURES}
        assert "sine: redrawn" in capsys.readouterr().out
        assert {path.name for path in mine[1].iterdir() if path.suffix in (".png", ".svg", ".pdf")} == wanted
        assert carry_out(EXPERIMENT, [*asked, *arguments[:1], "--publish"]) == 0
        assert "already finished" in capsys.readouterr().out
        assert {path.name for path in (mine[0] / "sine").iterdir()} == wanted | {"metrics.json", "manifest.json"}
    after = snapshot(mine[1])
    data = [path for path in before if path.suffix in (".nc", ".npz")]
    assert [after[path] for path in data] == [before[path] for path in data]


@pytest.mark.long
def test_replot_draws_again_without_training(mine):
    before = snapshot(mine[1])
    drawn = (mine[1] / "sine.png").read_bytes()
    (mine[1] / "sine.png").unlink()
    (mine[1] / "loss.png").write_text("damaged")
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={mine[0]}", "--replot"]) == 0
    after = snapshot(mine[1])
    assert after.keys() == before.keys()
    assert (mine[1] / "sine.png").read_bytes() == drawn
    for path in after:
        if path.name != "metrics.json":
            assert after[path][1] == before[path][1], path.name
        if path.suffix in (".nc", ".npz"):
            assert after[path] == before[path]


@pytest.mark.parametrize("name", ["results.nc", "metrics.json"])
def test_a_damaged_file_of_a_finished_run_is_named_in_one_line(mine, name, capsys):
    (mine[1] / name).write_bytes(b"damaged")
    before = snapshot(mine[0])
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={mine[0]}", "--replot", "--quiet"]) == 1
    errors = refusal(capsys)
    assert f"{mine[1] / name}: is damaged" in errors
    assert "--restart" in errors
    assert snapshot(mine[0]) == before


@pytest.mark.long
def test_restart_trains_the_same_networks(mine):
    before = storage.load_results(mine[1] / "results.nc")
    old = snapshot(mine[1])
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={mine[0]}", "--restart"]) == 0
    xr.testing.assert_identical(storage.load_results(mine[1] / "results.nc"), before)
    new = snapshot(mine[1])
    assert new.keys() == old.keys()
    assert all(new[path][0] > old[path][0] for path in new if path.name not in ("config.json", ".lock"))


def test_publish_copies_figures_and_metrics(mine, capsys):
    assert carry_out(EXPERIMENT, [*SMALL, f"--results_dir={mine[0]}", "--publish"]) == 0
    published = mine[0] / "sine"
    assert str(published) in capsys.readouterr().out
    assert {path.name for path in published.iterdir()} == FIGURES | {"metrics.json", "manifest.json"}
    for path in published.iterdir():
        if path.name != "manifest.json":
            assert path.read_bytes() == (mine[1] / path.name).read_bytes()


@pytest.mark.long
def test_a_large_learning_rate_names_the_diverged_seeds_and_goes_on(mine, capsys):
    before = snapshot(mine[1])
    arguments = ["--seeds=8", *SMALL[2:], f"--results_dir={mine[0]}", "--learning_rate", "30"]
    code = carry_out(EXPERIMENT, arguments)
    output, errors = capsys.readouterr()
    assert snapshot(mine[1]) == before
    (other,) = set((mine[0] / "runs").iterdir()) - {mine[1]}
    metrics, labeled = strict_json(other / "metrics.json"), storage.load_results(other / "results.nc")
    diverged = metrics["diverged_seeds"]
    assert 0 < len(diverged) < 8
    assert (code, errors) == (0, "")
    assert f"excluded from all statistics: seeds {', '.join(map(str, diverged))}" in " ".join(output.split())
    assert metrics["last_sound_steps"] == labeled.sound_step.values[diverged].tolist()
    assert max(metrics["last_sound_steps"]) < 30
    assert {path.name for path in other.glob("*.png")} == FIGURES
    np.testing.assert_array_equal(np.flatnonzero(labeled.diverged), diverged)
    kept = np.delete(labeled.train_loss.values[:, -1], diverged)
    assert metrics["summary"]["train MSE"]["median"] == pytest.approx(np.median(kept))
    difference = np.delete((labeled.answer - labeled.input).values[:, :5], diverged, axis=0)
    median = np.median(np.sqrt(np.mean(difference**2, axis=(1, 2, 3))))
    assert metrics["summary"]["line, RMSE to target"]["median"] == pytest.approx(median, rel=1e-5)


@pytest.mark.long
def test_a_run_fails_if_every_seed_diverged(tmp_path, capsys):
    arguments = [*SMALL, f"--results_dir={tmp_path}", "--learning_rate=1e6", "--readout=dense", "--quiet"]
    assert carry_out(EXPERIMENT, arguments) == 1
    output, errors = capsys.readouterr()
    assert errors.count("\n") == 1
    assert "--learning_rate" in errors
    (folder,) = (tmp_path / "runs").iterdir()
    assert output == f"{folder}\n"
    metrics = strict_json(folder / "metrics.json")
    assert metrics["diverged_seeds"] == [0, 1, 2]
    assert {path.name for path in folder.glob("*.png")} == FIGURES


@pytest.mark.parametrize("name", ["sine", "all", "sweep", "recipe", "timeline", "claims", "generalization"])
def test_neither_a_wrong_flag_nor_help_waits_for_jax(name):
    """Nor does what is finished: of the sine here, of the others where they are made."""
    told = carry_out_without_jax(name, ["--seeds=x"], ["--nonsense"], ["--help"])
    assert told.startswith("2\n2\n")
    assert "\nusage: python " in told
    assert told.endswith("\n0\n")


@pytest.fixture
def elsewhere(tmp_path):
    """Runs Python in a folder where a package without a file of its own has an experiment."""
    written = (ROOT / "experiments" / "line.py").read_text().replace("from .post", "from experiments.post")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.py").write_text(written.replace('name="line"', 'name="mine"'))

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        started = [sys.executable, *arguments]
        return subprocess.run(started, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANG)

    return run


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-m", "studies.mine"], "-m studies.mine"),
        (["studies/mine.py"], "studies/mine.py"),
        (["-m", "experiments.sweep", "--task=studies.mine"], "-m experiments.sweep"),
    ],
)
def test_help_tells_how_it_was_called(arguments, told, elsewhere):
    assert f"\nusage: python {told} [flags]\n" in elsewhere(*arguments, "--help").stdout


@pytest.mark.long
def test_a_module_of_a_folder_is_run(elsewhere, tmp_path):
    arguments = ["--seeds=2", "--steps=2", "--timesteps=12", "--quiet"]
    done = elsewhere("-m", "studies.mine", *arguments)
    (run,) = (tmp_path / "results" / "runs").iterdir()
    assert run.name.startswith("mine-")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"results/runs/{run.name}\n", "")


def test_a_finished_run_is_told_without_jax(process):
    told = finished_without_jax("sine", *SMALL, f"--results_dir={process[1]}")
    assert "already finished" in told
    assert "train MSE" in told


CONFIGURE = """
import sys
from experiments import sine
from lstm_toys.cli import flags
_, options = flags.parse(sine.EXPERIMENT, sys.argv[1:])
import jax
from lstm_toys.execution import devices
devices.configure(cache=options.compile_cache)
jax.jit(lambda x: x + 1)(1.0).block_until_ready()
"""


@pytest.mark.parametrize(("flags", "kept"), [([], True), (["--nocompile_cache"], False)])
def test_compiled_programs_are_kept_in_the_user_s_cache_folder_unless_refused(tmp_path, flags, kept):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    subprocess.run(
        [sys.executable, "-c", CONFIGURE, *flags],
        env={**environment, "XDG_CACHE_HOME": str(tmp_path)},
        check=True,
        timeout=HANG,
    )
    assert any(path.is_file() for path in tmp_path.rglob("*")) == kept
