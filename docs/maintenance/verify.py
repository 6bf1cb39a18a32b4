"""Trains some networks of published sets again, and says whether they and their numbers are the same today.

``python -m docs.maintenance.verify SET ...`` trains a pair of neighboring seeds of each population of these sets, by
default of all, and compares their digests with the published ones. Which pair depends on the set and the commit, so
that in the course of commits all are met; where networks diverged or did not learn, every other pair has one of these.
Of drawn recipes, an eighth is trained. ``--share 0.1`` takes a tenth of the populations, others at each commit.

Numbers are compared where a set stores those of single networks: of claims, `horizons` and `surgery`. Sets that cost
little, see `WHOLE`, are made again as a whole, and all their numbers are compared. Of other sets, networks alone are
verified. What was the same is recorded in ``results/verified.json``, and a set continues after an interruption.
``--release`` lists what sets lack for a release: all populations have to be verified since the last change of the code
that their networks, and their numbers, depend on.

What this cannot find: two of 64 networks meet a fault of 5 % of the networks of one population with a probability of
0.1; and equal networks say nothing of statistics that are made of them, which `docs.maintenance.recheck` computes a
second time for claims.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jaxlib.version
import numpy as np

import lstm_toys as lt
from experiments.all import EXPERIMENTS
from experiments.research.horizons import __main__ as horizons
from experiments.research.surgery import __main__ as surgery
from lstm_toys import output, tables
from lstm_toys.command_error import CommandError
from lstm_toys.execution import devices
from lstm_toys.execution.signals import Interruption
from lstm_toys.files import read_sealed
from lstm_toys.results.summary import jsonable
from lstm_toys.runs import lifecycle
from lstm_toys.runs.folder import METRICS
from lstm_toys.runs.identity import Options
from lstm_toys.runs.origin import Command
from lstm_toys.runs.study import Study
from lstm_toys.sharing import compare
from lstm_toys.studies.analysis.study import AnalysisStudy
from lstm_toys.studies.claims.columns import PRESENT
from lstm_toys.studies.claims.declaration import DURING
from lstm_toys.studies.claims.study import CLAIMS, FINAL_LOSSES, ClaimStudy
from lstm_toys.studies.training.populations import Populations

from . import history, index, results, sampling, steps, verified

SCRATCH = history.ROOT / "build" / "verify"
"""The folder of runs that are made again, which are removed once a set is recorded."""

WHOLE = (*EXPERIMENTS, "own", *(step.published for step in steps.GRIDS), "timeline", "dynamics_sine", "null")
"""Sets that are made again as a whole."""

MEASURED = {"horizons": horizons.measure, "surgery": surgery.measure}
"""Sets with numbers of each network, and what measures the networks of a run."""

LEFT_OUT = ("shifted, other", "shifted, same unit")
"""Numbers of `MEASURED` that are not compared until these sets are made again; see `DRAWN`."""

DRAWN = "the biases that are shifted were drawn network after network, not for each seed"

MOST = 20
"""Most differences of a set that are printed."""

TOLERANCE = 1e-12
"""Difference up to which numbers are the same, relative to the larger one if that is above 1."""


class Comparison(NamedTuple):
    """A digest or number of today and as it was published; it is left out for a reason, if there is one."""

    population: str
    what: str
    ours: Any
    theirs: Any
    reason: str = ""

    @property
    def same(self) -> bool:
        """Whether both are the same, numbers up to rounding."""
        pair = self.ours, self.theirs
        if not all(isinstance(each, int | float) for each in pair):
            return bool(self.ours == self.theirs)
        return all(map(math.isnan, pair)) or math.isclose(*pair, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


class Result(NamedTuple):
    """What was compared of a set: the networks, the numbers, and the seconds that it took."""

    networks: Sequence[Comparison]
    numbers: Sequence[Comparison]
    seconds: float

    def entries(self, commit: str) -> dict[str, dict[str, Any]]:
        """What is recorded; see `verified.Entries`."""
        about = {
            "commit": commit,
            "date": time.strftime("%Y-%m-%d"),
            "jax": jax.__version__,
            "jaxlib": jaxlib.version.__version__,
            "processor": devices.fingerprint(0)["processor"],
        }
        names = dict.fromkeys(each.population for each in (*self.networks, *self.numbers))
        return {name: about | self._counted(name) for name in names}

    def _counted(self, population: str) -> dict[str, Any]:
        own = {
            what: [each for each in every if each.population == population]
            for what, every in (("networks", self.networks), ("numbers", self.numbers))
        }
        counts = {what: list(counted(every)) for what, every in own.items() if every}
        reasons = [each.reason for each in own["numbers"] if each.reason]
        return counts | ({"left out": {why: reasons.count(why) for why in dict.fromkeys(reasons)}} if reasons else {})


def counted(every: Sequence[Comparison]) -> tuple[int, int]:
    """How many are the same, and of how many that are compared."""
    compared = [each for each in every if not each.reason]
    return sum(each.same for each in compared), len(compared)


def verify(step: steps.Step, commit: str, share: float = 1.0) -> Result:
    """Makes a sample of a published set again, or the whole set, and compares it with the published one."""
    name, study, began = step.published, steps.study_of(step), time.perf_counter()
    folder, found = steps.RESULTS / name, list[tuple[list[Comparison], list[Comparison]]]()
    published, every = read_sealed(folder / METRICS), sampling.populations(study)
    if name in WHOLE:
        needs = {"whole": study}

        def compared(runs: Mapping[str, lt.Run], _: Any) -> dict[str, Any]:
            metrics = runs["whole"].read_metrics()
            found.append(([*networks(metrics["network_digests"], published)], [*of_whole(metrics, published)]))
            return {}

    else:
        chosen = sampling.chosen(every, share, name, commit)
        sample = sampling.sample(chosen, sampling.lost_seeds(folder, published), name, commit)
        needs = {str(place): made for place, made in enumerate(sample.values())}

        def compared(runs: Mapping[str, lt.Run], _: Any) -> dict[str, Any]:
            again = dict(zip(sample, runs.values(), strict=True))
            digests = (networks(run.stored()["network_digests"], published, of) for of, run in again.items())
            measured = numbers(name, study, {of: (sample[of], run) for of, run in again.items()}, published)
            found.append(([*chain(*digests)], [*measured]))
            return {}

    analysis = lt.Analysis(name="verify", settings={"set": name}, needs=needs, score=compared, report=lambda _: [])
    carry_out(AnalysisStudy(analysis, analysis.identity), SCRATCH / name)
    return Result(*found[-1], time.perf_counter() - began)


def carry_out(study: Study[Any], folder: Path) -> None:
    """Carries out a study in silence, with a folder of results of its own; exits if that fails or is interrupted."""
    with Interruption() as interruption:
        carried = lifecycle.Lifecycle(Command(Options(results_dir=folder)), output.console(quiet=True), interruption)
        try:
            carried.carry_out(lambda: [study])
        except CommandError as error:
            sys.exit(output.complain(str(error), error.exit_code))


def networks(
    rows: Sequence[Mapping[str, Any]], published: Mapping[str, Any], study: Populations[Any] | None = None
) -> Iterator[Comparison]:
    """Compares the digests of networks with the published ones; those of drawn recipes are one population."""
    ours, theirs = compare.by_seed({"network_digests": rows}, published)
    names = [sampling.named(row["experiment"], row["settings"]) for row in rows for _ in row["digests"]]
    if study is not None and study.joined:
        names = [sampling.of_recipes(study)] * len(names)
    for name, ((_, seed), digest) in zip(names, ours.items(), strict=True):
        yield Comparison(name, f"network {seed}", digest, theirs.get((_, seed), "not published"))


Again = Mapping[Populations[Any], tuple[Populations[Any], lt.Run]]
"""The study that trains a pair of networks again, and its run, by the study that trains all networks."""


def numbers(name: str, study: Study[Any], again: Again, published: Mapping[str, Any]) -> Iterator[Comparison]:
    """Compares the numbers of networks with those that a set stores, if it does."""
    if (steps.RESULTS / name / CLAIMS).exists():
        for each in study.needed_first():
            if isinstance(each, ClaimStudy):
                yield from of_claims(each, again, lt.claims.read(steps.RESULTS / name / CLAIMS))
    if name in MEASURED:
        yield from of_measured(name, study, again, published["numbers"]["populations"])


def of_claims(study: ClaimStudy, again: Again, table: Any) -> Iterator[Comparison]:
    """Compares the numbers of claims, and which networks diverged or did not learn, with a published table."""
    trained = {key: populations_of(each) for key, each in study.needs.items()}
    at_equal_loss = {column.name for column in study.subject.declared.columns if column.counts == "equal loss"}
    losses, needs = table.attrs.get(FINAL_LOSSES), {}
    for key, each in study.needs.items():
        if each in again and (losses or key[0] not in at_equal_loss):
            needs[key] = again[each][0]
        elif each in again:
            reason = "the loss at which they are judged is not in the file"
            yield Comparison(trained[key], key[0], None, None, reason)
    runs: Any = dict(again.values())
    claims: Any = study.placed(next(iter(runs.values())).folder.parent, runs, lambda _: None)
    claims.needs = needs
    if losses:
        claims.final_losses = losses
    for column, claim, found in claims.numbers():
        stored = table.sel(claim=claim.id, column=column.name)
        sides = {"": claim.sources[0].population, **({"other_": claim.against} if claim.against else {})}
        for side, population in sides.items():
            key = DURING if column.role == "during" else column.name, population
            # Of drawn recipes, numbers are placed as if all were there.
            first = needs[key].first_seeds[0] if key in needs and column.role != "recipes" else 0
            numbers, states = getattr(found, f"{side}number"), getattr(found, f"{side}state")
            published, others = stored[f"{side}number"].values, stored[f"{side}state"].values
            for place in np.flatnonzero(states & PRESENT).tolist():
                seed = first + place
                pair: tuple[Any, Any] = float(numbers[place]), float(published[seed])
                if states[place] != others[seed]:
                    pair = f"state {states[place]}", f"state {others[seed]}"
                what = f"{claim.id}, {column.name}, {side}network {seed}"
                yield Comparison(trained.get(key, column.name), what, *pair)


def populations_of(study: Any) -> str:
    """The name of the population that a study trains."""
    (name,) = {each.name for each in sampling.populations(study)}
    return name


def of_measured(name: str, study: Any, again: Again, published: Mapping[str, Any]) -> Iterator[Comparison]:
    """Compares what an analysis measures of each network."""
    for key, training in study.needs.items():
        if training not in again:
            continue
        made, run = again[training]
        first, of = made.first_seeds[0], populations_of(training)
        seeds = slice(first, first + made.settings.seeds)
        ours, theirs = leaves(jsonable(MEASURED[name](key, run))), leaves(published[key], seeds)
        for place, value in theirs.items():
            reason = DRAWN if place.startswith(LEFT_OUT) else ""
            yield Comparison(of, f"{key}: {place}", ours.get(place), value, reason)


def of_whole(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Compares all numbers of two summaries; those of one alone, whose name may have changed, are left out."""
    both = [leaves({key: each[key] for key in each if key not in compare.APART}) for each in (ours, theirs)]
    for place, value in both[1].items():
        if not isinstance(value, str | bool) and not place.startswith("network_digests"):
            reason = "" if place in both[0] else "today's summary has no number of this name"
            yield Comparison("all numbers", place, both[0].get(place), value, reason)


def leaves(entry: Any, seeds: slice | None = None, place: str = "") -> dict[str, Any]:
    """The values in nested mappings and lists by their place; of lists of networks perhaps only some ``seeds``."""
    if isinstance(entry, Mapping):
        nested = (leaves(each, seeds, f"{place}{', ' * bool(place)}{name}") for name, each in entry.items())
    elif isinstance(entry, list):
        nested = (leaves(each, None, f"{place} [{at}]") for at, each in enumerate(entry[seeds] if seeds else entry))
    else:
        return {place: entry}
    return {name: value for found in nested for name, value in found.items()}


def comparable() -> str:
    """Says why networks of this environment cannot be compared with the published ones; empty if they can."""
    lifecycle.start(Options())
    ours, theirs = devices.fingerprint(0), read_sealed(steps.RESULTS / "sine" / METRICS)["fingerprint"]
    decisive = ("jax", "jaxlib", "platform", "processor", "xla_flags", "onednn", "switches", "several_devices")
    other = [f"{name} {ours[name]} instead of {theirs[name]}" for name in decisive if ours[name] != theirs[name]]
    return f"not comparable with the published networks: {', '.join(other)}" if other else ""


def release(every: Sequence[steps.Step]) -> int:
    """Prints what sets lack to be released as they are; returns 1 if one lacks something."""
    record, rows = verified.record(), []
    for step in every:
        populations = sampling.populations(steps.study_of(step))
        sources = dict.fromkeys(chain(*(sampling.sources(each.study) for each in populations)))
        lacks = verified.lacking(record.get(step.published, {}), [each.name for each in populations], [*sources])
        rows.append((step.published, lacks or "nothing"))
    output.console().print(tables.table("for a release", ("set", "lacks"), rows, **tables.PLAIN))
    return int(any(lacks != "nothing" for _, lacks in rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies sets, prints what differs, and records what was verified; returns 1 if something differs."""
    named = {step.published: step for step in steps.STEPS if step.published}
    parser = argparse.ArgumentParser(prog="python -m docs.maintenance.verify", description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"published sets, by default all: {', '.join(named)}")
    parser.add_argument("--share", type=float, default=1.0, help="share of the populations of each set (default: 1)")
    parser.add_argument("--release", action="store_true", help="only list what sets lack to be released as they are")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.sets if name not in named]:
        parser.error(f"no published set {unknown[0]}; there are {', '.join(named)}")
    if not 0 < asked.share <= 1:
        parser.error("--share: takes a number above 0, at most 1")
    if "own" in (asked.sets or named):
        results.write_sea(history.ROOT / steps.SEA)
    if asked.release:
        return release([named[name] for name in asked.sets or named])
    if why := comparable():
        return output.complain(why, 1)
    commit = history.commit()
    names = asked.sets or [*(name for name in named if name not in WHOLE), *sampling.chosen(WHOLE, asked.share, commit)]
    if edited := history.edited("results", "docs"):
        print(f"nothing is recorded: {output.listed(edited, 3)} differ from {commit}")
    rows, different = [], 0
    for name in names:
        print(f"{name} ...", flush=True)
        result = verify(named[name], commit, asked.share)
        differing = [each for each in (*result.networks, *result.numbers) if not (each.same or each.reason)]
        for each in differing[:MOST]:
            print(f"{name}: {each.population}: {each.what}: {each.ours}, published {each.theirs}")
        different += len(differing)
        counts = [f"{same:,} of {of:,}" for same, of in map(counted, (result.networks, result.numbers))]
        left = sum(bool(each.reason) for each in result.numbers)
        rows.append((name, *counts, str(left), f"{result.seconds:,.0f}"))
        if not edited:
            verified.add(name, result.entries(commit))
            index.INDEX.write_text(index.text(), encoding="utf-8")
        shutil.rmtree(SCRATCH / name)
    columns = ("set", "networks>", "numbers>", "left out>", "seconds>")
    output.console().print(tables.table("the same as published", columns, rows, **tables.PLAIN))
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
