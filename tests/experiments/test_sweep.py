"""The command that trains populations under every setting of a grid: what it takes and what it refuses."""

import json

import pytest

from conftest import carry_out, finished_without_jax, refusal
from experiments import sweep
from lstm_toys.cli import flags, studies
from lstm_toys.results import storage
from lstm_toys.studies.sweep import results

LARGE = [f"--grid={name}=" + " ".join(map(str, range(1, 102))) for name in ("learning_rate", "steps")]
BAD = [
    (["--task=nope"], "--task", "no module named nope"),
    (["--grid"], "grid", "Missing value"),
    (["--grid=steps"], "--grid", "'flag=value value ...'"),
    (["--grid=nonsense=1 2"], "nonsense", "the flag is one of optimizer"),
    (["--grid=seeds=1 2"], "seeds", "the flag is one of optimizer"),
    (["--grid=steps=1 2 1"], "steps", "each value once"),
    (["--grid=learning_rate=0.1 1e-1"], "--grid", "the same values, written differently"),
    (["--optimizer=momentum", "--grid=momentum=auto 0.9"], "--grid", "the same values, written differently"),
    (["--grid=steps=1 2", "--grid=steps=3"], "steps", "given twice"),
    (["--grid=steps=4 5", "--keep_steps=1"], "--keep_steps", "a sweep saves no parameters"),
    (["--grid=steps=1 2", "--steps=3"], "--steps", "one of the two"),
    (["--grid=momentum=0.5 0.9"], "--momentum=0.5", "--optimizer=rmsprop_keras (the default of sine) does not use it"),
    (["--grid=optimizer=momentum sgd", "--grid=momentum=0.5 0.9"], "--momentum", "--optimizer=sgd does not use it"),
    (["--grid=hidden=8 none", "--grid=readout=cell dense"], "--readout=dense", "layer below"),
    (["--grid=learning_rate=0.1,1"], "--learning_rate", "finite number above 0"),
    (["--grid=train_amplitude=0.3 none"], "--train_amplitude=none", "takes a number"),
    (["--task=line", "--grid=train_amplitude=0.3"], "train_amplitude", "Unknown command line flag"),
    (["--grid", "learning_rate=0.1", "1"], "'1'", "need quotes"),
    (["--grid=steps=1 2", "--", "--seeds=3"], "--seeds=3", "given as flags"),
    (["--grid=steps=1 2", "--replot"], "--replot", "no finished run"),
    (LARGE, "--grid", f"10,201 settings; at most {studies.MOST_SETTINGS:,} are allowed"),
    (["--grid=hidden=4 1000000,1000000"], "GiB of memory", "settings"),
    (["--seeds=2000000000", "--grid=learning_rate=0.1 1"], "GiB of disk", "settings"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_a_bad_command_line_is_refused(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments, flag, takes = BAD[number]
    assert carry_out(sweep, arguments) == 2
    told = refusal(capsys)
    assert flag in told
    assert takes in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("last", ["--grid=noise=0 1 2 x", "--keep_steps=1"])
def test_a_bad_value_in_a_large_grid_is_refused_before_all_settings_are_parsed(last, monkeypatch, tmp_path):
    parse, parsed = flags.parse, []
    monkeypatch.setattr(flags, "parse", lambda *arguments: (parsed.append(arguments), parse(*arguments))[1])
    grid = ["--grid=steps=2 3 4 5 6 7", "--grid=learning_rate=1 2 3 4 5 6"]
    assert carry_out(sweep, [last, *grid, f"--results_dir={tmp_path}"]) == 2
    assert len(parsed) <= 7


@pytest.mark.long
def test_spacing_and_folders_named_like_flags_are_no_matter(tmp_path, monkeypatch):
    """One seed, few points and no steps will do as well."""
    monkeypatch.chdir(tmp_path)
    small = ["--seeds=1", "--timesteps=5", "--optimizer=sgd", "--task=line", "--results_dir", "steps"]
    assert "already finished" in finished_without_jax("sweep", *small, "--grid", "  steps =  0\t2\n")
    (run,) = tmp_path.glob("steps/runs/sweep-*")
    assert storage.load_results(run / "results.nc", results.VARIABLES).steps.values.tolist() == [0, 2]
    first, _ = json.loads((run / "metrics.json").read_text())["rows"]
    assert first["train_mse"]["low"] is None


@pytest.mark.parametrize("bad", [[], ["--task=nope"], ["--grid=x"], ["--grid=steps=1 2", "--steps=3"]])
def test_help_lists_every_flag(bad, capsys):
    assert carry_out(sweep, [*bad, "--help"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    for name in ("task", "grid", *flags.FLAGS):
        assert f"--{name}\n" in output or f"--[no]{name}\n" in output
