"""The command: what a run leaves and tells, and what becomes of a finished one that is spoiled, deleted or drawn again.

Never yesterday's numbers: what was swapped or damaged is told in one line, of which the advice helps.
"""

import errno
import json
import signal
import sys
from functools import partial

import numpy as np
import pytest
import xarray as xr
from majority import EXPERIMENT
from world import Ran

import conftest
from conftest import ROOT, carry_out, process, rarely, refusal
from lstm_toys import output
from lstm_toys.execution.signals import Interrupted
from lstm_toys.files import SCHEMA, Damaged, locked, read_json
from lstm_toys.results import arrays, storage
from lstm_toys.runs.lifecycle import Lifecycle
from lstm_toys.runs.publishing import NotPublished
from lstm_toys.runs.study import Failed, Refused
from lstm_toys.studies.training.study import Training

FIGURES = conftest.SINE_FIGURES
ARRAYS = {"results.nc", "metrics.json", "parameters.npz", "population.json"}
COUNTS = {"line": 5, "line_origin": 6, "amplitude": 6, "phase": 6, "frequency": 6}


@pytest.fixture
def mine(copied, tmp_path):
    """The finished run of an experiment that draws one figure, copied, so that a test may change it."""
    results = tmp_path / "results"
    return Ran(("--seeds=3", f"--results_dir={results}"), results, copied("majority"), "")


def snapshot(folder, *suffixes):
    """The files of a folder, or those with some suffixes."""
    paths = (path for path in folder.rglob("*") if path.is_file() and (not suffixes or path.suffix in suffixes))
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def test_results_are_labeled_by_the_post_s_curves(world):
    labeled = storage.load_results(world("sine").run / "results.nc")
    assert {name: node.sizes["curve"] for name, node in labeled.children.items()} == {"training": 1, **COUNTS}
    assert labeled.training.step.values[[0, -1]].tolist() == [0, 300]
    assert (labeled.training.train_loss.isel(step=-1) < labeled.training.train_loss.isel(step=0)).all()
    labels = [arrays.axis_label(labeled["frequency"][name]) for name in ("time", "parameter_frequency")]
    assert labels == ["x", "frequency ω (rad per x)"]
    assert json.loads(labeled.attrs["flags"])["seeds"] == 3
    assert {"jax", "jaxlib", "processor", "xla_flags", "block"} <= json.loads(labeled.attrs["fingerprint"]).keys()

    amplitudes, slopes = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 0.2, 0.5, 0.8, 1.2]
    expected = {
        "line": {"slope": slopes, "intercept": slopes},
        "line_origin": {"slope": [0.1, 0.2, 0.4, 0.6, 0.8, 1.2], "intercept": 0.0},
        "amplitude": {"amplitude": amplitudes, "phase": 0.0, "frequency": 10, "offset": amplitudes},
        "phase": {"amplitude": amplitudes, "phase": [0.1, 0.5, 0.6, 0.9, 1.2, 1.5]},
        "frequency": {"amplitude": amplitudes, "frequency": [10, 20, 30, 40, 50, 60]},
    }
    for probe, parameters in expected.items():
        assert ("parameter_slope" in labeled[probe]) == probe.startswith("line")
        for name, values in parameters.items():
            np.testing.assert_allclose(labeled[probe][f"parameter_{name}"], values, err_msg=name)


def test_metrics_tell_of_the_run(world):
    run = world("sine").run
    metrics, labeled = read_json(run / "metrics.json"), storage.load_results(run / "results.nc")
    assert metrics["train_mse"] == labeled.training.train_loss.values[:, -1].astype(float).tolist()
    assert (metrics["seeds"], metrics["steps"], metrics["diverged_seeds"]) == (3, 300, [])
    assert metrics["seconds"].keys() == {"import", "identify", "compile", "train", "evaluate", "figures"}
    assert all(seconds >= 0 for seconds in metrics["seconds"].values())
    assert metrics["member_steps_per_second"] > 0
    assert {**metrics["flags"], "value": metrics["value"], "schema": SCHEMA} == read_json(run / "config.json")


def test_the_output_tells_progress_results_and_all_files(world):
    _, results, run, output = world("sine")
    for text in ("member-steps/s", "median loss", "0 diverged", "s left", "3 networks after 300 steps", "train MSE"):
        assert text in output
    assert all(f"│ {probe}, RMSE to" in output for probe in COUNTS)
    assert all(str(run / name) in output for name in FIGURES | ARRAYS)
    assert {path.name for path in run.iterdir()} == FIGURES | ARRAYS | {
        ".lock",
        "config.json",
        "origin.json",
        "report.json",
        "source",
    }
    assert run.parent == results / "runs"


def test_a_finished_run_is_told_and_published_and_its_numbers_are_left_alone(mine, capsys):
    before, published = snapshot(mine.run, ".nc", ".npz", ".json"), mine.results / "majority"
    assert carry_out(EXPERIMENT, [*mine.arguments, "--publish"]) == 0
    output, errors = capsys.readouterr()
    assert "already finished" in output
    assert "train cross-entropy" in output
    assert str(mine.run / "results.nc") in output
    assert str(published) in output
    assert errors == ""
    assert carry_out(EXPERIMENT, [*mine.arguments, "--quiet"]) == 0
    assert capsys.readouterr() == (f"{mine.run}\n", "")
    assert snapshot(mine.run, ".nc", ".npz", ".json") == before
    assert {path.name for path in published.iterdir()} == {"loss.png", "metrics.json", "manifest.json", "report.json"}
    assert (published / "metrics.json").read_bytes() == (mine.run / "metrics.json").read_bytes()


KEPT = "; everything finished or saved so far is kept, and the same command continues\n"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (Refused("no"), 2, "no\n"),
        (Failed("no"), 1, "no\n"),
        (NotPublished("no"), 1, "no\n"),
        (Interrupted(signal.SIGTERM), 143, "ended by SIGTERM; the same command continues\n"),
        (Damaged(ROOT, "no"), 1, f"{ROOT}: no; move its folder elsewhere, or make it again with --restart\n"),
        (output.Unwritable("no"), 1, f"no{KEPT}"),
        (OSError(errno.ENOSPC, "full", "there"), 1, f"flag --results_dir=results: full: there{KEPT}"),
    ],
)
def test_an_error_ends_a_command_with_its_code_and_says_what_helps(error, code, line, monkeypatch, capsys):
    def failing(*_):
        raise error

    monkeypatch.setattr(Lifecycle, "carry_out", failing)
    assert carry_out(EXPERIMENT, []) == code
    assert refusal(capsys) == line


def test_a_run_that_another_process_computes_is_told(mine, capsys):
    with locked(mine.run / ".lock"):
        assert carry_out(EXPERIMENT, [*mine.arguments, "--restart", "--quiet"]) == 1
    told = "another process is computing this run; wait until it ends, or change a setting"
    assert refusal(capsys) == f"{mine.run}: {told}\n"


def test_output_that_cannot_be_written_is_not_taken_for_a_file_of_the_run(mine, monkeypatch, capsys):
    with open("/dev/full", "w") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full)
        code = output.ended(lambda: carry_out(EXPERIMENT, mine.arguments))
    told = "standard output cannot be written: No space left on device; everything finished or saved so far is kept"
    assert (code, refusal(capsys).partition(", and ")[0]) == (1, told)


@pytest.mark.parametrize(
    ("error", "short"),
    [
        ("libscipy_openblas-68440149.so: failed to map segment from shared object", True),
        ("_flapack.so: cannot create shared object descriptor: Cannot allocate memory", True),
        ("No module named 'scipy.stats'", False),
    ],
)
def test_a_library_that_does_not_fit_into_memory_is_told_in_one_line(error, short, mine, monkeypatch, capsys):
    def failing(*_):
        raise ImportError(error)

    monkeypatch.setattr(Training, "draw", failing)
    for call in (lambda: carry_out(EXPERIMENT, mine.arguments), lambda: output.ended(failing)):
        if short:
            assert call() == 1
            assert capsys.readouterr().err.startswith("out of memory; ")
        else:
            with pytest.raises(ImportError, match="No module"):
                call()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metrics.json", b""),
        *rarely(
            ("metrics.json", b'{"files": 3, "seconds": 1}'),
            ("results.nc", b"damaged"),
            ("results.nc", None),  # That of another run.
        ),
    ],
)
def test_what_is_spoiled_or_of_another_run_is_told(name, content, mine, world, capsys):
    content = (world("slope_intercept").run / name).read_bytes() if content is None else content
    (mine.run / name).write_bytes(content)
    before = snapshot(mine.results)
    assert carry_out(EXPERIMENT, [*mine.arguments, "--quiet"]) == 1
    errors = refusal(capsys)
    assert f"{mine.run / name}: is damaged" in errors
    assert "make it again with --restart" in errors
    assert snapshot(mine.results) == before


@pytest.mark.long
def test_restart_trains_the_same_networks_whatever_is_spoiled(mine):
    whole = storage.load_results(mine.run / "results.nc")
    for name in ARRAYS:
        (mine.run / name).write_bytes(b"damaged")
    assert carry_out(EXPERIMENT, [*mine.arguments, "--restart", "--quiet"]) == 0
    xr.testing.assert_identical(storage.load_results(mine.run / "results.nc"), whole)
    assert all((mine.run / name).read_bytes() != b"damaged" for name in ARRAYS)


@pytest.fixture
def elsewhere(tmp_path):
    """Runs Python in a folder where a package without a file of its own has an experiment."""
    written = (ROOT / "experiments" / "line.py").read_text().replace("from . import", "from experiments import")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.py").write_text(written.replace('name="line"', 'name="mine"'))

    return partial(process, cwd=tmp_path)


def test_help_tells_how_it_was_called(elsewhere):
    assert "\nusage: python studies/mine.py [flags]\n" in elsewhere("studies/mine.py", "--help").stdout


@pytest.mark.long
@pytest.mark.parametrize(("flags", "kept"), [([], True), (["--nocompile_cache"], False)])
def test_a_module_of_a_folder_is_run_and_compiled_programs_kept_unless_refused(flags, kept, elsewhere, tmp_path):
    line = ["-m", "studies.mine", "--seeds=2", "--steps=2", "--timesteps=12", "--quiet", *flags]
    done = elsewhere(*line, unset="JAX_", env={"XDG_CACHE_HOME": str(tmp_path / "caches")})
    (run,) = (tmp_path / "results" / "runs").iterdir()
    assert run.name.startswith("mine-")
    assert (done.stdout, done.stderr) == (f"results/runs/{run.name}\n", "")
    assert any((tmp_path / "caches").glob("lstm_toys/xla/*")) == kept
