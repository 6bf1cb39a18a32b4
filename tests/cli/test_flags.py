"""The command line: what it takes, what it refuses and how, and that a refusal is cheap."""

import dataclasses
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import lstm_toys
from conftest import HANG, carry_out, carry_out_without_jax
from experiments import all as every
from experiments import claims, generalization, line, own, recipe, sweep, timeline
from experiments.page import __main__ as page
from experiments.sine import EXPERIMENT
from lstm_toys.cli import flags, parsers

BAD = [
    (["--seeds", "0"], "--seeds", "whole number"),
    (["--seeds", "1.5"], "--seeds", "whole number"),
    (["--seeds", "1e-1"], "--seeds", "whole number"),
    (["--steps", "-1e1"], "--steps", "whole number"),
    (["--base_seed", "-1"], "--base_seed", "whole number"),
    (["--base_seed", "4294967296"], "--base_seed", "whole number"),
    (["--momentum", "1", "--optimizer", "adam"], "--momentum", "up to but not including 1"),
    (["--decay", "0.9", "--optimizer", "momentum"], "--decay", "rmsprop, rmsprop_keras and adam do"),
    (["--decay", "nan", "--optimizer", "adam"], "--decay", "up to but not including 1"),
    (["--noise", "-0.1"], "--noise", "0, or a finite number above 0"),
    (["--learning_rate", "-1"], "--learning_rate", "finite number above 0"),
    (["--learning_rate", "0"], "--learning_rate", "finite number above 0"),
    (["--learning_rate", "nan"], "--learning_rate", "finite number above 0"),
    (["--learning_rate", "inf"], "--learning_rate", "finite number above 0"),
    (["--hidden", "0"], "--hidden", "whole numbers from 1"),
    (["--hidden", "abc"], "--hidden", "whole numbers from 1"),
    (["--hidden", ""], "--hidden", "whole numbers from 1"),
    (["--timesteps", "1"], "--timesteps", "whole number from 2"),
    (["--block", "0"], "--block", "whole number"),
    (["--optimizer", "lion"], "--optimizer", "sgd, momentum, rmsprop, rmsprop_keras, adam"),
    (["--cell", "elman"], "--cell", "lstm, gru, rnn, or package.module:Class"),
    (["--cell", "nowhere.cells:Own"], "--cell=nowhere.cells:Own", "on PYTHONPATH or installed"),
    (["--gates", "soft"], "--gates", "sigmoid, hard"),
    (["--readout", "gru"], "--readout", "cell, dense"),
    (["--results_dir", ""], "--results_dir", "folder"),
    (["--publish=maybe"], "--publish", "maybe"),
    (["--replot", "--restart"], "--replot", "one of the two"),
    (["--seed", "3"], "seed", "nknown"),
    (["--nonsense", "3"], "nonsense", "nknown"),
    (["16"], "16", "flags"),
    (["--hidden", "8", "16"], "16", "values with spaces need quotes"),
    (["--seeds"], "seeds", "Missing value"),
    (["--seeds", "0x10"], "--seeds", "whole number"),
    (["--seeds", "9" * 5000], "--seeds", "whole number"),
    (["--seeds", "2147483648"], "--seeds", "2,147,483,647"),
    (["--seeds", "--steps", "3"], "--seeds", "whole number"),
    (["--steps", "-1"], "--steps", "whole number"),
    (["--learning_rate", "1e300"], "--learning_rate", "finite number above 0"),
    (["--learning_rate", "1e-300"], "--learning_rate", "finite number above 0"),
    (["--learning_rate", "0,1"], "--learning_rate", "finite number above 0"),
    (["--hidden", "32,,32"], "--hidden", "whole numbers from 1"),
    (["--hidden", "none,32"], "--hidden", "whole numbers from 1"),
    (["--hidden", ",".join(["1"] * 101)], "--hidden", "at most 100"),
    (["--hidden", "1000001"], "--hidden", "1,000,000"),
    (["--block", "all"], "--block", "or auto"),
    (["--optimizer", "SGD"], "--optimizer", "sgd, momentum, rmsprop, rmsprop_keras, adam"),
    (["--results_dir", "nul\0byte"], "--results_dir", "folder"),
    (["--results_dir", "no\udcfftext"], "--results_dir", "folder"),
    (["--results_dir", "long" * 100], "--results_dir", "too long"),
    (["--checkpoint_every", "0"], "--checkpoint_every", "finite number above 0"),
    (["--checkpoint_every", "often"], "--checkpoint_every", "finite number above 0"),
    (["--on_divergence", "ignore"], "--on_divergence", "exclude, stop"),
    (["--quiet=2"], "--quiet", "true or false"),
    (["--restart=", "--quiet"], "--restart", "true or false"),
    (["--noquiet=false"], "--noquiet=false", "does not take an argument"),
    (["--flagfile"], "--flagfile", "takes a file with one flag per line"),
    (["--replot"], "--replot", "no finished run"),
    (["-seeds"], "seeds", "Missing value"),
    (["--seeds=3", "--", "--steps=0"], "--steps=0", "flags"),
    ([""], "''", "flags"),
]
TOO_LARGE = [
    ["--seeds", "1000000000"],
    ["--hidden", "100000"],
    ["--hidden", "1000000,1000000"],
    ["--timesteps", "2000000000"],
    ["--block", "2000000000"],
    ["--seeds", "2147483647", "--steps", "2147483647"],
]
COMMANDS = [partial(carry_out, asked) for asked in (*every.EXPERIMENTS.values(), every)]


def refused(output, errors, flag, takes):
    assert output == ""
    assert errors.endswith("\n")
    assert errors.count("\n") == 1
    assert flag in errors
    assert takes in errors


@pytest.mark.parametrize("number", range(len(BAD)))
def test_a_bad_command_line_is_refused(number, tmp_path, monkeypatch, capsys):
    """By one experiment after another."""
    monkeypatch.chdir(tmp_path)
    arguments, flag, takes = BAD[number]
    assert COMMANDS[number % len(COMMANDS)](arguments) != 0
    refused(*capsys.readouterr(), flag, takes)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", range(len(TOO_LARGE)))
def test_what_no_machine_can_hold_is_refused_with_an_estimate(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = [*TOO_LARGE[number], "--results_dir", "some/where"]
    assert COMMANDS[number](arguments) == 2
    refused(*capsys.readouterr(), "GiB of memory", "GiB of disk")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_any_name_of_a_folder_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "-a missing parent/naïve ünïcödé/曲線"
    small = ["--seeds=1", "--steps=1", "--timesteps=5", "--quiet"]
    assert carry_out(line.EXPERIMENT, [*small, f"--results_dir={name}"]) == 0
    assert len(list((tmp_path / name / "runs").glob("line-*/line.png"))) == 1


def test_a_loop_of_links_is_no_results_folder(tmp_path, capsys):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert carry_out(EXPERIMENT, [f"--results_dir={tmp_path / 'loop'}"]) == 1
    refused(*capsys.readouterr(), "--results_dir", "loop")
    assert list(tmp_path.iterdir()) == [tmp_path / "loop"]


@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_is_no_results_folder(below, tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("mine")
    assert carry_out(EXPERIMENT, [f"--results_dir={file / below}"]) != 0
    refused(*capsys.readouterr(), "--results_dir", str(file))
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_is_no_results_folder(capsys):
    assert carry_out(EXPERIMENT, ["--results_dir=/proc/self/results"]) != 0
    refused(*capsys.readouterr(), "--results_dir", "/proc/self/results")


@pytest.mark.parametrize(
    ("arguments", "flag", "takes"),
    [(["--seeds", "0"], "--seeds", "whole number"), (["--nonsense", "3"], "nonsense", "nknown")],
)
def test_a_process_with_a_bad_command_line_says_so_in_one_line(arguments, flag, takes, tmp_path):
    command = [sys.executable, "-m", "experiments.sine", *arguments]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=HANG)
    assert process.returncode != 0
    refused(process.stdout, process.stderr, flag, takes)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_does_not_wait_for_jax(tmp_path):
    file = tmp_path / "file"
    file.touch()
    lines = [*(arguments for arguments, *_ in BAD), [f"--results_dir={file}"]]
    told = carry_out_without_jax("sine", *lines)
    assert set(told.split()) <= {"1", "2"}
    assert told.count("\n") == len(lines)


@pytest.mark.parametrize("flag", ["--help", "-h", "--helpfull", "--help=true"])
def test_help_lists_every_flag(flag, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert carry_out(EXPERIMENT, ["--seeds", "0", flag]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    assert list(tmp_path.iterdir()) == []
    for name in flags.FLAGS:
        assert f"--{name}\n" in output or f"--[no]{name}\n" in output
    for default in ("16", "0.001", "rmsprop", "32", "100", "results"):
        assert f"default: {default}" in output


def test_defaults_are_those_of_the_experiment():
    settings, options = flags.parse(EXPERIMENT, [])
    assert settings.as_dict() == (
        {"experiment": "sine", "seeds": 16, "base_seed": 0, "steps": EXPERIMENT.defaults["steps"], "block": None}
        | {"learning_rate": 0.001, "optimizer": "rmsprop_keras", "momentum": None, "decay": 0.9, "keep_steps": []}
        | {"hidden": [32], "readout": "cell", "cell": "lstm", "gates": "hard", "timesteps": 100}
        | {"train_amplitude": 0.3, "noise": 0.0}
    )
    assert options.results_dir == Path("results")
    assert not any((options.publish, options.replot, options.restart, options.quiet))


def test_every_flag_reaches_its_setting():
    line = (
        "--seeds 3 --base_seed=7 --steps 30 --learning_rate 1e-3 --optimizer adam --hidden 8,4 --readout dense "
        "--cell gru --gates hard "
        "--momentum 0.5 --decay 0.99 --train_amplitude 0.6 --noise 0.1 --keep_steps 0,3 --timesteps 20 --block 2 "
        "--results_dir elsewhere --publish --restart --quiet"
    )
    settings, options = flags.parse(EXPERIMENT, line.split())
    assert settings.as_dict() == (
        {"experiment": "sine", "seeds": 3, "base_seed": 7, "steps": 30, "block": 2, "keep_steps": [0, 3]}
        | {"learning_rate": 1e-3, "optimizer": "adam", "momentum": 0.5, "decay": 0.99, "timesteps": 20}
        | {"hidden": [8, 4], "readout": "dense", "cell": "gru", "gates": "hard", "train_amplitude": 0.6, "noise": 0.1}
    )
    assert options.results_dir == Path("elsewhere")
    assert (options.publish, options.replot, options.restart, options.quiet) == (True, False, True, True)


def test_an_optimizer_has_its_own_defaults():
    expected = {"sgd": (None, None), "momentum": (0.9, None), "rmsprop": (None, 0.9), "rmsprop_keras": (None, 0.9)}
    for optimizer, numbers in (expected | {"adam": (0.9, 0.999)}).items():
        settings, _ = flags.parse(EXPERIMENT, ["--optimizer", optimizer])
        assert (settings.momentum, settings.decay) == numbers


def test_a_training_number_is_a_flag_of_the_experiments_that_have_it():
    settings, _ = flags.parse(EXPERIMENT, ["--train_amplitude", "-0.5"])
    assert settings.numbers == (("amplitude", -0.5),)
    assert settings.given(amplitude=0.7).as_dict()["train_amplitude"] == 0.7
    for given in ("nan", "inf", "none", "2e6"):
        with pytest.raises(flags.UsageError, match=r"--train_amplitude=.*a number from -1,000,000 to 1,000,000"):
            flags.parse(EXPERIMENT, ["--train_amplitude", given])
    with pytest.raises(ValueError, match="no training number decay"):
        settings.given(decay=1.0)
    with pytest.raises(flags.UsageError, match="Unknown command line flag 'train_amplitude'"):
        flags.parse(line.EXPERIMENT, ["--train_amplitude", "0.5"])
    assert flags.parse(line.EXPERIMENT, [])[0].numbers == ()


@pytest.mark.parametrize(
    ("defaults", "told"),
    [
        ({"learning_rate": 0.1}, "no default for steps; add defaults={'steps': ...}"),
        ({"steps": 10}, "no default for learning_rate"),
        ({"steps": 10, "learning_rate": 0.1, "rate": 1}, "default for the unknown flag rate"),
    ],
)
def test_defaults_that_are_missing_or_mean_nothing_are_told(defaults, told):
    with pytest.raises(flags.UsageError, match=r"^experiment sine: [^\n]*$") as raised:
        flags.parse(dataclasses.replace(EXPERIMENT, defaults=defaults), [])
    assert told in str(raised.value)


def test_own_flags_are_split_off_wherever_they_stand():
    own = {
        "task": (parsers.choice("a", "b"), ""),
        "grid": (parsers.Parser(str, "text", many=True), ""),
        "fast": (None, ""),
    }
    arguments = ["--seeds", "3", "--grid=x y", "--fast", "--quiet", "--grid", "z", "--steps=1", "--", "--task=b"]
    values, rest = flags.split(own, arguments)
    assert values == {"task": None, "grid": ["x y", "z"], "fast": True}
    assert rest == ["--seeds", "3", "--quiet", "--steps=1", "--", "--task=b"]


GIVING_WAY = [
    ({}, ["--cell=rnn"], {"gates": "sigmoid"}),
    ({}, ["--cell=gru"], {"gates": "hard"}),
    ({"gates": "sigmoid"}, ["--cell=conftest:Cell"], {"gates": "sigmoid"}),
    ({}, ["--cell=conftest:Cell", "--gates=hard"], {"gates": "hard"}),
    ({"hidden": "none"}, ["--readout=dense"], {"hidden": (32,)}),
    ({"readout": "dense"}, ["--hidden=none"], {"readout": "cell"}),
    ({"optimizer": "momentum", "momentum": 0.5}, ["--optimizer=sgd"], {"momentum": None}),
    ({"optimizer": "momentum", "momentum": 0.5}, ["--optimizer=adam"], {"momentum": 0.5, "decay": 0.999}),
    ({"decay": 0.5}, ["--optimizer=momentum"], {"momentum": 0.9, "decay": None}),
    ({"keep_steps": "0,100,500"}, ["--steps=500"], {"keep_steps": (0, 100)}),
]


@pytest.mark.parametrize(("defaults", "typed", "expected"), GIVING_WAY)
def test_a_default_that_a_typed_flag_leaves_no_effect_gives_way(defaults, typed, expected):
    experiment = dataclasses.replace(EXPERIMENT, defaults=EXPERIMENT.defaults | defaults)
    settings, _ = flags.parse(experiment, typed)
    assert {name: getattr(settings, name) for name in expected} == expected


HELD_AGAINST = [
    ({}, ["--cell=rnn", "--gates=hard"], "flag --gates=hard: --cell=rnn does not use it; lstm and gru do"),
    ({}, ["--momentum=0.5"], "flag --momentum=0.5: --optimizer=rmsprop_keras (the default of sine) does not use it; "),
    (
        {"cell": "rnn", "gates": "sigmoid"},
        ["--gates=hard"],
        "flag --gates=hard: --cell=rnn (the default of sine) does not use it",
    ),
    ({}, ["--keep_steps=2e3"], "flag --keep_steps=2000: 2,000 is not before the last step of --steps=1500 (the"),
    ({}, ["--hidden=none", "--readout=dense"], "flag --readout=dense: a dense readout needs a layer below it, "),
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
        flags.parse(experiment, typed)
    assert str(refusal.value).startswith(told)


def test_what_an_experiment_fixes_does_not_give_way():
    experiment = dataclasses.replace(line.EXPERIMENT, fixed={"hidden": ()})
    with pytest.raises(flags.UsageError, match=r"but there is none with --hidden=none \(fixed by line\)"):
        flags.parse(experiment, ["--readout=dense"])
    hard = dataclasses.replace(line.EXPERIMENT, fixed={"gates": "hard"})
    assert flags.parse(hard, ["--cell=conftest:Cell"])[0].gates == "hard"


@pytest.mark.parametrize(
    ("asked", "line", "told"),
    [
        (EXPERIMENT, ["--lr=0.1"], "did you mean --learning_rate?"),
        (EXPERIMENT, ["--learning-rate=0.1"], "did you mean --learning_rate?"),
        (EXPERIMENT, ["--seed=1"], "did you mean --seeds or --base_seed?"),
        (EXPERIMENT, ["--flagfil=x"], "did you mean --flagfile?"),
        (EXPERIMENT, ["--nothing"], "Unknown command line flag 'nothing'; --help lists the flags"),
        (own.EXPERIMENT, ["--train=mine.csv", "--hold-out=0.5"], "did you mean --hold_out?"),
        (sweep, ["--gird=steps=1 2"], "did you mean --grid?"),
        (sweep, ["--task=line", "--tsk=line"], "did you mean --task?"),
        (sweep, ["--train_ampl=1"], "did you mean --train_amplitude?"),
        (generalization, ["--frequncy=1"], "did you mean --frequency?"),
        (claims, ["--variant"], "did you mean --variants?"),
        (recipe, ["--learning_rate=1"], "Unknown command line flag 'learning_rate'; --help lists the flags"),
        (every, ["--lr=1"], "did you mean --learning_rate?"),
        (page, ["--results-dir=x"], "did you mean --results_dir?"),
    ],
)
def test_a_flag_that_may_have_been_meant_is_suggested(asked, line, told, tmp_path, monkeypatch, capsys):
    """Among all of a command, in whatever order it reads them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n2,3\n3,5\n")
    assert carry_out(asked, line) == 2
    refused(*capsys.readouterr(), "Unknown command line flag", told)


@pytest.mark.parametrize(("text", "number"), [("1e3", 1000), ("2E+2", 200), ("0e0", 0)])
def test_a_power_of_ten_is_a_whole_number(text, number):
    assert flags.parse(EXPERIMENT, [f"--steps={text}"])[0].steps == number
    assert flags.parse(EXPERIMENT, ["--hidden=1e1,8", "--keep_steps=0,1e2"])[0].hidden == (10, 8)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "flag --flagfile=: takes a file with one flag per line"),
        ("nowhere.flags", "flag --flagfile=nowhere.flags: No such file or directory"),
        (".", "flag --flagfile=.: Is a directory"),
        ("names.flags", "flag --flagfile=gone.flags: No such file or directory"),
        ("bytes.flags", "flag --flagfile=bytes.flags: is not UTF-8 text"),
        ("fifo.flags", "flag --flagfile=fifo.flags: is not a regular file"),
        ("/dev/zero", "flag --flagfile=/dev/zero: is not a regular file"),
        ("large.flags", "flag --flagfile=large.flags: has 1,000,001 bytes; files may have at most 1,000,000 bytes"),
        ("within.flags", "flag --flagfile=./within.flags: is read within itself"),
        (
            "twice.flags",
            "flag --flagfile=half.flags: with it, all files of flags have more than 1,000,000 bytes",
        ),
    ],
)
def test_a_file_of_flags_that_cannot_be_read_is_told(value, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo.flags")
    (tmp_path / "large.flags").write_text("#" * 1_000_001)
    (tmp_path / "within.flags").write_text("--steps=3\n--flagfile=./within.flags\n")
    (tmp_path / "half.flags").write_text("#" * 500_000)
    (tmp_path / "twice.flags").write_text("--flagfile=half.flags\n" * 2)
    (tmp_path / "names.flags").write_text("--steps=3\n--flagfile=gone.flags\n")
    (tmp_path / "bytes.flags").write_bytes(b"\xff\xfe")
    assert carry_out(EXPERIMENT, [f"--flagfile={value}"]) == 2
    assert capsys.readouterr() == ("", f"{told}\n")


def test_files_of_flags_stand_for_their_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner.flags").write_text("--steps=3\r\n# a comment\r\n\r\n--noise\r\n0.5\r\n")
    (tmp_path / "outer.flags").write_text("--flagfile=inner.flags\n// again\n--seeds=2\n--flagfile=inner.flags\n")
    for arguments in (["--flagfile", "outer.flags", "--steps=4"], ["--steps=4", "-flagfile=outer.flags"]):
        settings, _ = flags.parse(EXPERIMENT, arguments)
        steps = 4 if arguments[-1] == "--steps=4" else 3
        assert (settings.seeds, settings.steps, settings.noise) == (2, steps, 0.5)


@pytest.mark.parametrize(
    "asked", [EXPERIMENT, every, sweep, generalization, claims, recipe, timeline, page, own.EXPERIMENT]
)
def test_every_command_tells_the_version(asked, capsys):
    assert carry_out(asked, ["--seeds=x", "--version=1"]) == 0
    assert capsys.readouterr() == (f"lstm_toys {lstm_toys.__version__}\n", "")
