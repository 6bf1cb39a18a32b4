"""Tests claims on finished runs and external answers."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from rich.console import RenderableType

from lstm_toys.execution.digests import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.networks.cells import CELLS
from lstm_toys.output import listed
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays, storage, summary
from lstm_toys.runs.folder import Run
from lstm_toys.runs.loading import networks_of
from lstm_toys.runs.parts import Parts
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.study import Metrics, Refused, RunContext, Study
from lstm_toys.studies.claims import evidence, exploring, figures, judging, markdown, recipe_figures, report
from lstm_toys.studies.claims.columns import Numbers, measured
from lstm_toys.studies.claims.declaration import CLIPPED, COPY, DURING, NETWORKS, RECIPES, Claim, Column
from lstm_toys.studies.claims.recipes import OF_RECIPE
from lstm_toys.studies.claims.settings import ClaimSettings, Question
from lstm_toys.studies.claims.table import Row, as_text, read, rows
from lstm_toys.studies.training.populations import Populations
from lstm_toys.studies.training.recipes import RecipeSettings, RecipeTraining
from lstm_toys.studies.training.study import Training
from lstm_toys.tasks.parameters import TRAINING
from lstm_toys.text import code, escape

CLAIMS, CHOICES = "claims.json", "choices.json"
"""The files of the tables of claims, and of claims by other thresholds and numbers."""

FINAL_LOSSES = "final_losses"
"""Attribute of the table of claims: by population, the loss at which variants at equal loss are judged."""


class ClaimStudy(Study[ClaimSettings]):
    """Asks which claims hold."""

    subject: Question

    @property
    def question(self) -> str:
        return self.subject.declared.title

    @property
    def data(self) -> Sequence[Path]:
        return [Path(each) for each in (*self.subject.declared.data, *self.subject.answers.values())]

    @cached_property
    def needs(self) -> dict[tuple[str, str], Populations[Any]]:
        needs: dict[tuple[str, str], Populations[Any]] = {
            (column, name): Training(self.subject.experiment(name), each)
            for column, populations in self.subject.columns.items()
            for name, each in populations.items()
        }
        for name, every in self.subject.recipes.items():
            experiment = self.subject.experiment(name)
            recipes = RecipeSettings(f"{experiment.name}_recipes", settings=every)
            needs[RECIPES, name] = RecipeTraining(experiment, recipes)
        return needs

    def check(self) -> None:
        declared = self.subject.declared
        for name, population in self.needs:
            learned = name in declared.variants and declared.variant(name).networks == "learned"
            if learned and self.subject.experiment(population).goal is None:
                raise Refused(f"variant {name!r} counts networks that learned, but {population} declares no goal")
        check(self.subject, self.external)

    @cached_property
    def external(self) -> dict[str, xr.DataTree]:
        """The external answers, by population."""
        question = self.subject
        return {name: evidence.external_answers(question, name, path) for name, path in question.answers.items()}

    @cached_property
    def tables(self) -> dict[str, xr.Dataset]:
        """The tables by file; raises Refused for a statistic that cannot be computed."""
        declared = self.subject.declared
        made = {CLAIMS: judging.make_table(declared.claims, self._columns(), declared.about)}
        if self.subject.recipes:
            made[CLAIMS].attrs["recipes"] = [*report.distributions(declared)]
        if any(column.counts == "equal loss" for column in declared.columns):
            made[CLAIMS].attrs[FINAL_LOSSES] = self.final_losses
        choices = [(claim.id, *names, other) for claim in declared.claims for names, other in claim.choices.items()]
        if choices:
            of, kinds, names, others = zip(*choices, strict=True)
            columns = [(Column(NETWORKS, "networks"), self._networks), *self._of_recipes]
            every = judging.make_table(others, columns, declared.about)
            about = {"of": of, "kind": kinds, "choice": names}
            made[CHOICES] = every.assign_coords({name: ("claim", [*each]) for name, each in about.items()})
        return made

    @cached_property
    def _written(self) -> dict[str, str]:
        """The tables as their files have them."""
        return {name: as_text(table) for name, table in self.tables.items()}

    @cached_property
    def _explored(self) -> list[exploring.Explored]:
        """What the numbers of claims go with among the choices of drawn recipes."""
        return exploring.explored(self.subject.declared, self.settings.base_seed, rows(self.tables[CLAIMS]))

    def numbers(self) -> Iterator[tuple[Column, Claim, Numbers]]:
        """Yields the numbers of each column's networks, by claim, without any statistic of all networks."""
        for column, results in self._columns():
            for claim, found in judging.numbers(self.subject.declared.claims, column, results):
                yield column, claim, found

    def _columns(self) -> judging.Columns:
        """Yields everything that the claims are judged by."""
        question, networks = self.subject, self._networks
        yield Column("published", "published"), evidence.published(question)
        yield Column(NETWORKS, "networks"), networks
        yield Column(COPY, "null"), evidence.Copies(networks, base_seed=self.settings.base_seed)
        bounded = {name: networks[name] for name in networks if self._bounded(name)}
        yield Column(CLIPPED, "null"), evidence.Copies(bounded, 1.0, self.settings.base_seed)
        for column in question.declared.columns:
            if column.role == "during":
                yield from self._moments()
            elif column.counts == "equal loss":
                yield column, self._at_loss(column)
            else:
                yield column, self._results(column.name)
        yield from self._of_recipes

    @cached_property
    def _of_recipes(self) -> list[tuple[Column, evidence.OfRecipes]]:
        """The networks of drawn recipes, if there are any."""
        runs, asked = self._needs(RECIPES), self.settings
        if not runs:
            return []
        trained = {name: each for (_, name), each in self.needs.items() if isinstance(each, RecipeTraining)}
        networks = {name: [*each.parts(runs[name])] for name, each in trained.items()}
        names = {name: each.name for name, each in self.subject.declared.recipes.items()}
        keep = partial(self._keep, RECIPES, "")
        found = evidence.OfRecipes(networks, names, OF_RECIPE * asked.recipes, keep, asked.base_seed)
        return [(Column(RECIPES, "recipes", "learned"), found)]

    @cached_property
    def _networks(self) -> evidence.Answered:
        """The networks that the claims are about, and external answers."""
        found = self._results(NETWORKS)
        found.update(self.external)
        return found

    def _bounded(self, population: str) -> bool:
        """Whether the networks of a population answer within (-1, 1), since a layer of built-in cells answers."""
        settings, experiment = self.subject.settings[population], self.subject.experiment(population)
        return experiment.model is None and settings.readout == "cell" and settings.cell in CELLS

    def _needs(self, column: str) -> dict[str, Run]:
        return {name: each for (where, name), each in self.needed.items() if where == column}

    @cached_property
    def _parts(self) -> Parts:
        return Parts(self.runs, self.name, self.tell)

    def _answered(
        self, column: str, results: evidence.Evidence, more: Any = "", then: Mapping[str, Networks] | None = None
    ) -> evidence.Answered:
        """Results of a column, and its networks, whose numbers are kept as parts.

        The networks are those of the runs, or as they were ``then``, which depends on what ``more`` is.
        """
        keep = partial(self._keep, column, more)
        known = {name: partial(self._loaded, column, name) for name in results} if then is None else then
        return evidence.Answered(results, known, keep, self.settings.base_seed)

    def _keep(self, column: str, more: Any, name: str, compute: Callable[[], Any]) -> Any:
        inputs = [*([name, run] for name, run in self._needs(column).items()), *self.subject.declared.data, more]
        return self._parts.keep(f"{column}{f' {more}' * bool(more)}, {name}", inputs, compute)

    def _loaded(self, column: str, name: str) -> Networks:
        return networks_of(self.needed[column, name], self._prepared(column, name).model)

    def _prepared(self, column: str, name: str) -> Prepared:
        return self.needs[column, name].shapes[0]

    def _results(self, column: str) -> evidence.Answered:
        """The results of a column by population, with a variable ``learned``: which networks meet the goal at last.

        Without a goal, it is which networks did not diverge.
        """
        found = {}
        for name, each in self._needs(column).items():
            results, goal = storage.load_results(each.checked("results.nc")), self.subject.experiment(name).goal
            training = arrays.probed(results, TRAINING)
            learned = np.isfinite(summary.steps_to_goal(training, goal)) if goal else ~training.diverged.values
            found[name] = arrays.of_networks(results, {"learned": ("seed", learned)})
        return self._answered(column, found)

    @cached_property
    def final_losses(self) -> dict[str, float]:
        """The median final loss of the networks, by population; another one can be set."""
        final = {
            name: arrays.not_diverged(self._networks[name])[TRAINING].train_loss.isel(step=-1)
            for name in self._needs(NETWORKS)
        }
        return {name: float(loss.median()) for name, loss in final.items()}

    def _at_loss(self, column: Column) -> evidence.Evidence:
        """The results of a variant, each network where its loss is as low as the final loss of the networks."""
        found, then = dict[str, xr.DataTree](), dict[str, Networks]()
        losses = {name: self.final_losses[name] for name in self._needs(column.name)}
        for name, loss in losses.items():
            trained = self._prepared(column.name, name), self._loaded(column.name, name)
            found[name], then[name] = at_loss(*trained, loss)
        return self._answered(column.name, found, losses, then)

    def _moments(self) -> judging.Columns:
        """Yields the networks after each kept number of steps."""
        trained = {name: self._loaded(DURING, name) for name in self._needs(DURING)}
        for step in sorted({step for networks in trained.values() for step in networks.steps}):
            then = {name: networks.at(step) for name, networks in trained.items() if step in networks.steps}
            answered = {name: evidence.after(self._prepared(DURING, name), kept, step) for name, kept in then.items()}
            yield Column(str(step), "during"), self._answered(DURING, answered, step, then)

    def values(self) -> Digests:
        declared = self.subject.declared
        return {
            "verdicts": digest(json.dumps(self._written)),
            "words": digest(json.dumps([declared.title, declared.about, {**declared.aspects}])),
            "runs": digest([each.folder.name for each in self.needed.values()]),
        }

    def compute(self, context: RunContext) -> Metrics:  # Everything is computed to name the run.
        return {"experiment": self.run.name, "flags": self.settings.as_dict(), "files": []}

    def metrics(self) -> Metrics:
        verdicts = {each.id: each.verdict for each in rows(self.tables[CLAIMS])}
        return {"verdicts": verdicts, "runs_seconds": self._spent()}

    def texts(self) -> dict[str, str]:
        declared, conditions = self.subject.declared, self._conditions(self._spent())
        counting = {name: declared.variant(name).networks for name in declared.variants}
        judged, choices = (rows(self.tables[name]) if name in self.tables else [] for name in (CLAIMS, CHOICES))
        drawn = self.tables[CLAIMS].attrs.get("recipes", [])
        text = markdown.claims(judged, declared.title, conditions, declared.aspects, counting, choices, drawn)
        texts = {**self._written, "claims.md": text}
        if self._explored:
            texts["recipes.md"] = markdown.recipes(self._explored, declared)
        return texts

    def _conditions(self, spent: Mapping[str, float]) -> str:
        """How the networks were made, and what that took, as a line of Markdown."""
        asked = self.settings
        flags = {"claims": asked.claims, "seeds": asked.seeds, "base_seed": asked.base_seed}
        flags |= {"only": ",".join(asked.only)} if asked.only else {}
        words = ["lstm-toys", "claims", *(f"--{name}={value}" for name, value in flags.items())]
        words += [f"--answers={name}={path.name}" for name, path in self.subject.answers.items()]
        words += [*asked.flags, *["--variants"] * asked.variants, *[f"--recipes={asked.recipes}"] * bool(asked.recipes)]
        took = ", ".join(f"{seconds:,.0f} s ({escape(column)})" for column, seconds in spent.items())
        return f"Made by {code(shlex.join(words))}.{f' The runs took {took}.' if took else ''}"

    def _spent(self) -> dict[str, float]:
        """The seconds that the runs of each column took; a run counts only in its first column."""
        spent = dict[str, float]()
        first = {run.folder: column for (column, _), run in reversed([*self.needed.items()])}
        for (column, _), run in self.needed.items():
            if first.pop(run.folder, None) == column:
                spent[column] = spent.get(column, 0.0) + sum(run.stored()["seconds"].values())
        return {column: round(seconds, 1) for column, seconds in spent.items()}

    def report(self) -> Iterator[RenderableType]:
        yield from report.report(self.subject.declared, *map(self._rows, (CLAIMS, CHOICES)))

    def _rows(self, name: str) -> list[Row]:
        """The rows of a table, from its file; none without one."""
        return rows(read(self.run.checked(name))) if name in self.run.stored()["files"] else []

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from figures.draw(read(self.run.checked(CLAIMS))).items()
        for explored in self._explored:
            yield f"recipes_{explored.row.id}.png", recipe_figures.draw(explored, self.settings.base_seed)


def at_loss(prepared: Prepared, networks: Networks, loss: float) -> tuple[xr.DataTree, Networks]:
    """Labels the answers of each network after the first kept step at which its training loss is at most ``loss``.

    Returns the networks as they are then, too.

    The variable ``learned`` tells which networks reach it; the others answer as after the last step.
    """
    steps = np.array(networks.steps)
    reached = networks.results[TRAINING].train_loss.sel(step=steps).values <= loss
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), len(steps) - 1)
    every = [networks.at(step).params for step in networks.steps]
    params = jax.tree.map(lambda *leaves: np.stack(leaves)[first, np.arange(len(first))], *every)
    then = replace(networks, params=params)
    answered = evidence.after(prepared, then, steps[first])
    return arrays.of_networks(answered, {"learned": ("seed", reached.any(axis=1))}), then


def untrained(prepared: Prepared, count: int) -> Networks:
    """Networks as they are before training."""
    inputs = jnp.zeros((1, 2, len(prepared.task.input_features)))
    every = [prepared.model.init(jax.random.key(seed), inputs)["params"] for seed in range(count)]
    return Networks(prepared.model, jax.tree.map(lambda *leaves: np.stack(leaves), *every))


def check(question: Question, answers: evidence.Evidence) -> None:
    """Tries every claim on given or made-up answers, copies and published answers before training; raises Refused.

    Other numbers by which claims are judged are tried on the first of these only.
    """
    one = {
        name: answers[name] if name in answers else evidence.synthetic(question.experiment(name), each)
        for name, each in question.settings.items()
    }
    # No other axis has this length, so that a statistic that confuses axes fails.
    nodes = (node for labeled in one.values() for node in labeled.subtree)
    sizes = {size for node in nodes for axis, size in node.sizes.items() if axis != "seed"}
    networks = next(number for number in count(2) if number not in sizes)
    several = evidence.Answered(
        {name: labeled.isel(seed=np.zeros(networks, int)) for name, labeled in one.items()},
        {
            name: partial(untrained, Prepared(question.experiment(name), each), networks)
            for name, each in question.settings.items()
            if name not in answers
        },
    )
    copies = evidence.Copies(one)
    published = evidence.published(question)
    for claim in question.declared.claims:
        sources = [each for baseline in claim.baselines for each in baseline.sources if each.population in one]
        for source in claim.sources:
            sources += [source, source._replace(population=claim.against or source.population)]
        for source in sources:
            name, own = source.population, source.name
            if source.of_networks and name in answers:
                raise Refused(f"claim {claim.id}: needs networks of {name}, not answers; --only leaves it out")
            if not source.of_networks and evidence.select(one[name], own) is None:
                known = listed(arrays.names_of(one[name])) or "none"
                raise Refused(f"claim {claim.id}: {name} has no curves {own!r}, but {known}; --only leaves it out")
        for results in (several, copies, published):
            measured(claim, results)
        for other in claim.choices.values():
            measured(other, several)
