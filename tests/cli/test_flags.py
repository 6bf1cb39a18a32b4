"""The command line: what it takes, what it refuses and how, and that a refusal is cheap."""

import dataclasses
from pathlib import Path

import pytest
from commands import generalization

import lstm_toys
from conftest import carry_out, carry_out_without_jax, refusal
from experiments import line
from experiments.sine import EXPERIMENT
from lstm_toys.cli import command
from lstm_toys.runs import flags
from lstm_toys.runs.experiment import FLAGS, parse

BAD = [
    (["--seeds", "0"], "--seeds", "an integer in the range [1, 10000000]"),
    (["--base_seed", "4294967296"], "--base_seed", "in the range [0, 4294967295]"),
    (["--noise", "-0.1"], "--noise", "0, or a number in the range [1e-37, 1e+38]"),
    (["--early_stopping", "-1"], "--early_stopping", "takes a positive integer, best, "),
    (["--early_stopping", "3,3"], "--early_stopping", "takes a positive integer, best, "),
    (["--timesteps", "1"], "--timesteps", "in the range [2, "),
    (["--optimizer", "lion"], "--optimizer", "<sgd|momentum|rmsprop|rmsprop_keras|adam>"),
    (["--cell", "elman"], "--cell", "lstm, gru, rnn, or package.module:Class"),
    (["--cell", "nowhere.cells:Own"], "--cell=nowhere.cells:Own", "on PYTHONPATH or installed"),
    (["--gates", "soft"], "--gates", "<sigmoid|hard>"),
    (["--results_dir", ""], "--results_dir", "folder"),
    (["--publish=maybe"], "--publish=maybe", "takes true or false"),
    (["--hidden", "8", "16"], "16", "values with spaces need quotes"),
    (["--seeds"], "seeds", "Missing value"),
    (["--learning_rate", "1e-300"], "--learning_rate", "a number in the range [1e-37, 1e+38]"),
    (["--hidden", "none,32"], "--hidden", "integers from 1"),
    (["--hidden", ",".join(["1"] * 101)], "--hidden", "at most 100"),
    (["--hidden", "1000001"], "--hidden", "1,000,000"),
    (["--block", "all"], "--block", "or auto"),
    (["--block", "1e9"], "--block=1e9", "in the range [1, 65536]"),
    (["--results_dir", "long" * 100], "--results_dir", "too long"),
    (["--seeds=3", "--", "--steps=0"], "--steps=0", "not a flag"),
    ([""], "''", "not a flag"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("given", "limit"), [([], 0.02), (["--limit=0.03"], 0.03)])
def test_curves_on_grids_are_held_against_the_goal_of_the_experiment_or_what_is_given(given, limit):
    asked = command.only(command.plan(generalization, ["--task=sine", *given]))
    assert asked.settings.as_dict()["limit"] == limit


@pytest.mark.parametrize("place", ["loop", "file", "file/below", "/proc/self/results"])
def test_what_is_no_folder_or_cannot_be_written_is_no_results_folder(place, here, capsys):
    (here / "loop").symlink_to("loop")
    (here / "file").write_text("mine")
    assert carry_out(EXPERIMENT, [f"--results_dir={place}", "--quiet"]) != 0
    errors = refusal(capsys)
    assert "--results_dir" in errors
    assert place in errors
    assert (here / "file").read_text() == "mine"
    assert {path.name for path in here.iterdir()} == {"loop", "file"}


OTHERS = """
sys.stderr = sys.stdout
from functools import partial
import lstm_toys as lt
from experiments import all

def analysis(seeds: int = 4) -> lt.Analysis: ...

plans = (partial(command.plan, each) for each in ([*all.EXPERIMENTS.values()], analysis))
for plan in (*plans, *(partial(command.named, name) for name in command.STUDIES)):
    lines = ("--seeds=x", "--nonsense", "--help", "--version")
    assert [command.carry_out(plan, [line]) for line in lines] == [2, 2, 0, 0], plan
"""


def test_a_bad_command_line_is_refused_in_one_line_and_neither_that_nor_help_waits_for_jax(here):
    lines = [["--help"], ["--seeds=x", "--version=1"], *(arguments for arguments, *_ in BAD)]
    told = carry_out_without_jax("sine", *lines, first=OTHERS)
    assert told.count("\nusage: python ") == told.count(f"\nlstm_toys {lstm_toys.__version__}\n") == 7
    ends = told.splitlines()[-2 * len(BAD) :]
    assert {*ends[1::2]} <= {"1", "2"}
    for refused, (_, flag, takes) in zip(ends[::2], BAD, strict=True):
        assert flag in refused
        assert takes in refused
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("flag", ["--help", "-h", "--helpfull", "--help=true"])
def test_help_lists_every_flag(flag, here, capsys):
    assert carry_out(EXPERIMENT, ["--seeds", "0", flag]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    assert list(here.iterdir()) == []
    for name in FLAGS:
        assert f"--{name}\n" in output or f"--[no]{name}\n" in output
    for default in ("16", "0.001", "rmsprop", "32", "100", "results"):
        assert f"default: {default}" in " ".join(output.split())


DEFAULTS = (
    {"experiment": "sine", "seeds": 16, "base_seed": 0, "steps": 1500, "block": None, "keep_steps": []}
    | {"learning_rate": 0.001, "optimizer": "rmsprop_keras", "momentum": None, "decay": 0.9, "timesteps": 100}
    | {"hidden": [32], "readout": "cell", "cell": "lstm", "gates": "hard", "train_amplitude": 0.3, "noise": 0.0}
    | {"early_stopping": "none"}
)
TYPED = (
    {"experiment": "sine", "seeds": 3, "base_seed": 7, "steps": 30, "block": 2, "keep_steps": [0, 3]}
    | {"learning_rate": 1e-3, "optimizer": "adam", "momentum": 0.5, "decay": 0.99, "timesteps": 20}
    | {"hidden": [10, 4], "readout": "dense", "cell": "gru", "gates": "hard", "train_amplitude": 0.6, "noise": 0.1}
    | {"early_stopping": "3,best"}
)
LINE = """
    --seeds 3 --base_seed=7 --steps 3e1 --learning_rate 1e-3 --optimizer adam --hidden 1E+1,4 --readout dense --cell gru
    --gates hard --momentum 0.5 --decay 0.99 --train_amplitude 0.6 --noise 0.1 --keep_steps 0,3 --timesteps 20 --block 2
    --early_stopping 3,best
    --results_dir elsewhere --publish --restart --quiet
"""


@pytest.mark.parametrize(
    ("typed", "expected", "folder", "switches"), [("", DEFAULTS, "results", False), (LINE, TYPED, "elsewhere", True)]
)
def test_every_flag_reaches_its_setting_of_which_the_default_is_the_experiment_s(typed, expected, folder, switches):
    settings, options = parse(EXPERIMENT, typed.split())
    assert settings.as_dict() == expected
    assert options.results_dir == Path(folder)
    assert (options.publish, options.restart, options.quiet, options.no_training) == (*[switches] * 3, False)


def test_a_training_number_is_a_flag_of_the_experiments_that_have_it():
    settings, _ = parse(EXPERIMENT, ["--train_amplitude", "-0.5"])
    assert settings.numbers == (("amplitude", -0.5),)
    assert settings.given(amplitude=0.7).as_dict()["train_amplitude"] == 0.7
    for given in ("nan", "none", "2e6"):
        with pytest.raises(flags.UsageError, match=r"--train_amplitude=.*a number in the range \[-1000000.0, "):
            parse(EXPERIMENT, ["--train_amplitude", given])
    with pytest.raises(ValueError, match="no training number decay"):
        settings.given(decay=1.0)
    assert parse(line.EXPERIMENT, [])[0].numbers == ()


@pytest.mark.parametrize("columns", [80, 300])
def test_help_fits_the_terminal_and_names_no_bounds_that_nobody_meets(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = flags.Help("First line,\nand second.\n\n- An item.", FLAGS).text("lstm-toys sine")
    assert text.startswith("First line, and second.\n\n- An item.\n\nusage: lstm-toys sine [flags]\n")
    assert 70 < max(map(len, text.splitlines())) <= min(columns, 120)
    words = " ".join(text.split())
    for told in ("takes a number above 0 (d", "takes 0, or a number above 0 (d", "takes an integer from 2 up (d"):
        assert told in words
    assert "in the range [1, 65536]" in words
    assert "e+" not in words


NEEDED = {"steps": 10, "learning_rate": 0.1}
DEFAULTLESS = {
    "no default for steps": {"learning_rate": 0.1},
    "no default for learning_rate": {"steps": 10},
    "default or fixed value of the unknown flag xyz; available: seeds": {**NEEDED, "xyz": 1},
    "of the unknown flag seed; did you mean seeds": {**NEEDED, "seed": 1},
}


@pytest.mark.parametrize("told", DEFAULTLESS)
def test_defaults_that_are_missing_or_mean_nothing_are_told(told):
    with pytest.raises(flags.UsageError, match=rf"^experiment sine: [^\n]*{told}[^\n]*$"):
        parse(dataclasses.replace(EXPERIMENT, defaults=DEFAULTLESS[told]), [])


GIVING_WAY = [
    ({}, ["--cell=rnn"], {"gates": "sigmoid"}),
    ({"gates": "sigmoid"}, ["--cell=conftest:Cell"], {"gates": "sigmoid"}),
    ({}, ["--cell=conftest:Cell", "--gates=hard"], {"gates": "hard"}),
    ({"hidden": "none"}, ["--readout=dense"], {"hidden": (32,)}),
    ({"readout": "dense"}, ["--hidden=none"], {"readout": "cell"}),
    ({"optimizer": "momentum", "momentum": 0.5}, ["--optimizer=sgd"], {"momentum": None}),
    ({"optimizer": "momentum", "momentum": 0.5}, ["--optimizer=adam"], {"momentum": 0.5, "decay": 0.999}),
    ({}, ["--optimizer=adam"], {"momentum": 0.9, "decay": 0.999}),
    ({"keep_steps": "0,100,500"}, ["--steps=500"], {"keep_steps": (0, 100)}),
]


@pytest.mark.parametrize(("defaults", "typed", "expected"), GIVING_WAY)
def test_a_default_that_a_typed_flag_leaves_no_effect_gives_way(defaults, typed, expected):
    experiment = dataclasses.replace(EXPERIMENT, defaults=EXPERIMENT.defaults | defaults)
    settings, _ = parse(experiment, typed)
    assert {name: getattr(settings, name) for name in expected} == expected


RNN = {"cell": "rnn", "gates": "sigmoid"}
HELD_AGAINST = [
    ({}, ["--cell=rnn", "--gates=hard"], "flag --gates=hard: has no effect with --cell=rnn"),
    ({}, ["--momentum=0.5"], "flag --momentum=0.5: has no effect with --optimizer=rmsprop_keras (the default of sine)"),
    (RNN, ["--gates=hard"], "flag --gates=hard: has no effect with --cell=rnn (the default of sine)"),
    ({}, ["--keep_steps=2e3"], "flag --keep_steps=2000: must be before the last step, --steps=1500 (the default"),
    (
        {},
        ["--hidden=none", "--readout=dense"],
        "flag --readout=dense: needs a layer below it, but there is none with --hidden=none",
    ),
    (
        {},
        ["--cell=conftest:Cell"],
        "flag --cell=conftest:Cell: add --gates=hard, the default of sine, if this cell takes gates, or else --gates=s",
    ),
    ({"cell": "rnn"}, [], "experiment sine: its defaults contradict each other: --gates=hard (the default of sine): "),
]


@pytest.mark.parametrize(("defaults", "typed", "told"), HELD_AGAINST)
def test_a_typed_flag_without_an_effect_is_refused(defaults, typed, told):
    experiment = dataclasses.replace(EXPERIMENT, defaults=EXPERIMENT.defaults | defaults)
    with pytest.raises(flags.UsageError) as refusal:
        parse(experiment, typed)
    assert str(refusal.value).startswith(told)


def test_what_an_experiment_fixes_does_not_give_way():
    experiment = dataclasses.replace(line.EXPERIMENT, fixed={"hidden": ()})
    with pytest.raises(flags.UsageError, match=r"but there is none with --hidden=none \(fixed by line\)"):
        parse(experiment, ["--readout=dense"])
    hard = dataclasses.replace(line.EXPERIMENT, fixed={"gates": "hard"})
    assert parse(hard, ["--cell=conftest:Cell"])[0].gates == "hard"
