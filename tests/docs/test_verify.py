"""Networks of published sets are trained again, and what is other than published is found."""

import json
import shutil
import subprocess
from collections import Counter
from types import SimpleNamespace

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT, process
from docs.maintenance import history, sampling, steps, verified, verify
from lstm_toys.files import read_sealed, sha256, write_json, write_sealed

NAME = "claims"


def study_of(_):
    return lt.ask("sine_claims", "--seeds=3", study="claims")


@pytest.fixture
def published(copied, tmp_path, monkeypatch):
    """A published set of claims about three networks; the folder of all sets."""
    run = copied("claims")
    (folder := tmp_path / "published" / NAME).mkdir(parents=True)
    for name in ("claims.json", "metrics.json"):
        shutil.copy(run / name, folder)
    monkeypatch.setattr(steps, "RESULTS", folder.parent)
    monkeypatch.setattr(steps, "study_of", study_of)
    monkeypatch.setattr(verify, "SCRATCH", tmp_path / "scratch")
    return folder


def verified_now(commit="a"):
    """What is compared of the set."""
    with jax.numpy_dtype_promotion("standard"):
        return verify.verify(steps.Step("", NAME), commit)


def edited(folder, edit):
    """Edits the summary of a published set, and makes its checksum right."""
    summary = {name: each for name, each in read_sealed(folder / "metrics.json").items() if name != "sha256"}
    edit(summary)
    summary["files"]["claims.json"] = sha256(folder / "claims.json")
    write_sealed(folder / "metrics.json", summary)


def different(result):
    """What differs, by network or number."""
    return [each.what for each in (*result.networks, *result.numbers) if not each.same]


def test_a_pair_of_networks_and_their_numbers_are_compared_with_all_published_ones(published):
    result = verified_now()
    (first, second) = [int(each.what.removeprefix("network ")) for each in result.networks]
    assert second == first + 1
    assert different(result) == []
    assert [each.what for each in result.numbers if "networks" in each.what] == [
        f"{claim}, networks, network {seed}" for claim in ("learned", "bounded") for seed in (first, second)
    ]
    (entry,) = (entry for name, entry in result.entries("a").items() if name.startswith("sine"))
    assert entry.items() >= {"commit": "a", "networks": [2, 2], "numbers": [4, 4]}.items()

    def shifted(summary):
        (population,) = summary["network_digests"]
        population["digests"] = population["digests"][1:] + population["digests"][:1]

    edited(published, shifted)
    assert different(verified_now()) == [f"network {first}", f"network {second}"]
    edited(published, lambda summary: summary["network_digests"][0]["settings"].update(steps=301))
    assert {each.theirs for each in verified_now().networks} == {"not published"}


def test_a_last_digit_and_a_state_of_a_published_number_are_found_in_its_network_alone(published):
    (first, _) = [int(each.what.removeprefix("network ")) for each in verified_now().networks]
    for variable, change in (("number", lambda value: value * (1 + 1e-10)), ("state", lambda value: value + 4)):
        before = (published / "claims.json").read_text()
        table = json.loads(before)
        claim, column = (table["coords"][axis]["data"].index(name) for axis, name in PLACE.items())
        values = table["data_vars"][variable]["data"][claim][column]
        values[first + 1] = change(values[first + 1])
        (published / "claims.json").write_text(json.dumps(table))
        edited(published, lambda _: None)
        assert different(verified_now()) == [f"bounded, networks, network {first + 1}"]
        (published / "claims.json").write_text(before)


PLACE = {"claim": "bounded", "column": "networks"}


@pytest.mark.parametrize(("lost", "seeds"), [((), 64), ((), 2), ((), 1), ((5, 63), 64), ((9,), 8)])
def test_in_the_course_of_commits_all_pairs_are_met_and_lost_networks_every_other_time(lost, seeds):
    firsts = Counter(sampling.first_seed(seeds, lost, "a set", str(commit)) for commit in range(2_000))
    assert {*firsts} == {*range(max(1, seeds - 1))}
    for seed in lost if max(lost, default=0) < seeds else ():
        assert firsts[min(seed, seeds - 2)] > 2_000 / len(lost) / 2 - 100


def test_a_share_of_populations_is_another_one_at_each_commit_and_never_none():
    names = [f"population {number}" for number in range(25)]
    chosen = [tuple(sampling.chosen(names, 0.1, "set", str(commit))) for commit in range(200)]
    assert {name for each in chosen for name in each} == {*names}
    assert {len(each) for each in chosen} == {2, 3}
    assert sampling.chosen(names, 1.0, "set", "a") == names
    assert {sampling.chosen(names[:3], 0.01, "set", str(commit))[0] for commit in range(99)} == {*names[:3]}


def test_an_eighth_of_drawn_recipes_and_some_settings_of_a_sweep_are_trained_under_their_seeds():
    sweep = lt.ask("sine", "--seeds=5", "--grid=steps=3 4 5", "--grid=learning_rate=0.1 0.2", study="sweep")
    every = sampling.populations(sweep)
    assert [each.number for each in every] == [*range(6)]
    assert len({each.name for each in every}) == 6
    (made,) = sampling.sample(every[1::2], (), "set", "a").values()
    assert [settings.learning_rate for settings in made.populations] == 3 * [0.2]
    assert {settings.seeds for settings in made.populations} == {2}
    assert len({*made.first_seeds}) == 1
    judged = lt.ask("recipe_claims", "--seeds=8", "--recipes=20", study="claims")
    every = sampling.populations(judged)
    recipes = [(study, made) for study, made in sampling.sample(every, (), "set", "a").items() if study.joined]
    assert recipes
    for study, made in recipes:
        assert len(made.populations) in (2, 3)
        assert {first % 16 for first in made.first_seeds} == {made.first_seeds[0]}
        assert made.populations[-1] == study.populations[made.first_seeds[-1] // 2]


ENTRY = {"commit": "c2", "date": "2026-12-07", "networks": [2, 2], "numbers": [10, 10]}


def test_what_was_verified_is_kept_side_by_side_and_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(verified, "RECORD", tmp_path / "verified.json")
    assert verified.record() == {}
    assert verified.words({}) == "not yet"
    verified.add("sine", {"a": ENTRY})
    assert verified.words(verified.record()["sine"]) == (
        "2 of 2 sampled networks and 10 numbers are the same at c2, 2026-12-07"
    )
    verified.add("sine", {"b": {**ENTRY, "commit": "c1", "date": "2026-12-05", "networks": [1, 2], "numbers": [5, 6]}})
    verified.add("line", {"a": {"commit": "c1", "date": "2026-12-05", "networks": [2, 2]}})
    assert verified.words(verified.record()["sine"]) == (
        "3 of 4 sampled networks and 15 of 16 numbers are the same at c2, 2026-12-07 and 1 earlier commit"
    )
    assert verified.words(verified.record()["line"]) == "2 of 2 sampled networks are the same at c1, 2026-12-05"
    verified.add("sine", {"b": ENTRY})
    assert verified.words(verified.record()["sine"]).startswith("4 of 4 sampled networks and 20 numbers")


def test_a_release_needs_all_populations_since_the_last_change_of_what_they_depend_on(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "ROOT", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    def committed(path):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        with (tmp_path / path).open("a") as file:
            file.write("#\n")
        history.git("add", "-A")
        history.git("-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", path)
        return history.commit()

    trained = committed("lstm_toys/networks/lstm.py")
    entry = {**ENTRY, "commit": trained}

    def lacking(entries):
        return verified.lacking(entries, ["a"], ["experiments/sine.py"])

    assert lacking({"a": entry}) == ""
    assert lacking({"b": entry}) == "1 of 1 populations are not sampled"
    assert lacking({"a": {**entry, "numbers": [9, 10]}}) == "some differ"
    committed("lstm_toys/cli/command.py")
    committed("experiments/line.py")
    assert lacking({"a": entry}) == ""
    measured = committed("lstm_toys/statistics/measures.py")
    assert lacking({"a": entry}) == f"numbers of {trained}, before {measured}"
    assert lacking({"a": {**entry, "numbers": [0, 0]}}).startswith("numbers")
    assert lacking({"a": {name: each for name, each in entry.items() if name != "numbers"}}) == ""
    experiment = committed("experiments/sine.py")
    assert lacking({"a": entry}) == f"networks of {trained}, before {experiment}"
    assert lacking({"a": {**entry, "commit": experiment}}) == ""
    assert history.edited("lstm_toys") == []
    (tmp_path / "experiments/sine.py").write_text("edited")
    assert history.edited("lstm_toys") == ["experiments/sine.py"]
    assert history.edited("experiments") == []


def test_numbers_of_whole_sets_are_compared_by_name_and_those_of_another_name_are_left_out():
    theirs = {"summary": {"MSE": {"median": 1.0, "interval": "quartiles"}, "old": 2.0}, "seeds": [1, 2], "computed": 1}
    ours = {"summary": {"MSE": {"median": 1.0 + 1e-13, "interval": "middle half"}, "new": 2.0}, "seeds": [1, 3]}
    found = {each.what: (each.same, bool(each.reason)) for each in verify.of_whole(ours, theirs)}
    assert found == {
        "summary, MSE, median": (True, False),
        "summary, old": (False, True),
        "seeds [0]": (True, False),
        "seeds [1]": (False, False),
    }


def test_numbers_are_the_same_up_to_rounding():
    def same(ours, theirs):
        return verify.Comparison("", "", ours, theirs).same

    assert same(np.nan, np.nan)
    assert same(np.inf, np.inf)
    assert same(1e6, 1e6 + 1e-7)
    assert same(None, None)
    assert not same(1.0, 1.0 + 1e-11)
    assert not same(np.nan, 1.0)
    assert not same(np.inf, -np.inf)
    assert not same("state 1", "state 5")
    assert not same(None, 1.0)
    assert not same(1.0, "not published")


def test_a_wrong_name_or_share_is_refused_and_another_jaxlib_is_not_comparable(monkeypatch, capsys):
    for line, expected in ((["sin"], "no published set sin; there are line, hill"), (["--share=0"], "--share: takes")):
        with pytest.raises(SystemExit) as ended:
            verify.main(line)
        assert ended.value.code == 2
        assert expected in capsys.readouterr().err
    monkeypatch.setattr(verify.jaxlib.version, "__version__", "9.9")
    monkeypatch.setattr("lstm_toys.execution.devices.jaxlib.version.__version__", "9.9")
    assert verify.main(["sine"]) == 1
    assert "not comparable with the published networks: jaxlib 9.9 instead of 0.10.2" in capsys.readouterr().err


LAST_BIT = """    made = lt.reproduce("sine", TRAINING_SINE, x)

    def examples(key, numbers):
        import jax.numpy as jnp

        known = made.examples(key, numbers)
        last = jnp.nextafter(known.inputs[:, -1:], 2.0)
        return known._replace(inputs=jnp.concatenate([known.inputs[:, :-1], last], axis=1))

    return replace(made, examples=examples)
"""

FAULTS = {
    "a learning rate 1e-6 too large": (
        "lstm_toys/networks/optimizers.py", ("function(hyper.learning_rate", "function(hyper.learning_rate + 1e-6")
    ),
    "the last of a task's inputs changed by one bit": (
        "experiments/sine.py",
        ('    return lt.reproduce("sine", TRAINING_SINE, x)\n', LAST_BIT),
        ("import lstm_toys as lt\n", "from dataclasses import replace\n\nimport lstm_toys as lt\n"),
    ),
    "a measure that adds 1e-9": ("lstm_toys/statistics/measures.py", (".over().root\n", ".over().root + 1e-9\n")),
    "two claims swapped": (
        "experiments/post/sentences.toml",
        ("[sine-learned]", "[swapped]"), ("[lines-nonlinear]", "[sine-learned]"), ("[swapped]", "[lines-nonlinear]"),
    ),
    "the digests of a population shifted by one seed": ("results/claims/metrics.json",),
    "one digit of a number edited": ("results/claims/claims.json",),
    "nothing": (),
}  # fmt: skip

VERIFY = """
import sys
from docs.maintenance import steps, verify
(step,) = [step for step in steps.STEPS if step.published == "claims"]
assert not verify.comparable()
result = verify.verify(step, sys.argv[1], 0.02)
for each in (*result.networks, *result.numbers):
    if not (each.same or each.reason):
        print(each.population, each.what, each.ours, each.theirs, sep="; ")
print(verify.counted(result.networks), verify.counted(result.numbers))
"""


@pytest.fixture(scope="module")
def sampled():
    """A commit at which the sine's networks are sampled, and the first of the pair."""
    (step,) = [step for step in steps.STEPS if step.published == "claims"]
    every = sampling.populations(steps.study_of(step))
    for commit in map(str, range(999)):
        if "sine" in {each.name for each in sampling.chosen(every, 0.02, "claims", commit)}:
            lost = sampling.lost_seeds(ROOT / "results/claims", read_sealed(ROOT / "results/claims/metrics.json"))
            return SimpleNamespace(commit=commit, first=sampling.first_seed(64, lost, "claims", commit))


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found_in_the_sampled_networks_of_published_claims(fault, sampled, tmp_path):
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    subprocess.run(["cp", "--parents", *tracked.split("\0")[:-1], str(tmp_path)], cwd=ROOT, check=True)
    path, *edits = FAULTS[fault] or ("README.md",)
    text = (tmp_path / path).read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    if path.endswith("metrics.json"):
        text = json.loads(text)
        (population,) = [
            each for each in text["network_digests"] if each["experiment"] == "sine" and not each["settings"]
        ]
        population["digests"] = population["digests"][1:] + population["digests"][:1]
        del text["sha256"]
        write_sealed(tmp_path / path, text)
    elif path.endswith("claims.json"):
        table = json.loads(text)
        claim = table["coords"]["claim"]["data"].index("sine-learned")
        numbers = table["data_vars"]["number"]["data"][claim][1]
        numbers[sampled.first] = float(str(numbers[sampled.first]).replace("0.00", "0.01", 1))
        write_json(tmp_path / path, table)
        summary = json.loads((tmp_path / "results/claims/metrics.json").read_text())
        summary["files"]["claims.json"] = sha256(tmp_path / path)
        del summary["sha256"]
        write_sealed(tmp_path / "results/claims/metrics.json", summary)
    else:
        (tmp_path / path).write_text(text)
    printed = process(
        "-c", VERIFY, sampled.commit, cwd=tmp_path, unset=("XLA_FLAGS", "PYTHONPATH", "JAX_")
    ).stdout.splitlines()
    *found, counts = printed
    assert counts[0] == "("
    if fault == "nothing":
        assert found == []
        return
    assert found
    networks = fault in [*FAULTS][:2] or "digests" in fault
    assert any("; network " in line for line in found) == networks
    if not networks:
        assert any("sine-learned" in line for line in found)


def test_sets_that_are_made_whole_or_measured_are_published():
    assert {step.published for step in steps.STEPS if step.published} >= {*verify.WHOLE, *verify.MEASURED}
