"""Evidence for testing claims: a mapping from populations to labeled results.

The results are from trained networks, models without a network, publications, or files of external answers, and have
the layout of `lstm_toys.results.arrays.tree`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial, reduce
from itertools import product
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int, PyTree, Shaped

from lstm_toys import arguments
from lstm_toys.files import Damaged
from lstm_toys.populations import answering
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays, storage, summary
from lstm_toys.runs import external
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.study import Refused, described_error
from lstm_toys.statistics.measures import AnsweredCurve
from lstm_toys.studies.claims import draws
from lstm_toys.studies.claims.declaration import INPUT, NETWORKS, TRUTH, Claim, Source
from lstm_toys.studies.claims.settings import Question
from lstm_toys.tasks import supervision
from lstm_toys.tasks.parameters import HISTORY, TRAINING
from lstm_toys.tasks.scaling import scaling_of

Evidence = Mapping[str, xr.DataTree]

OfNetworks = Callable[[Bool[np.ndarray, " S"]], xr.Dataset | Networks]
"""What a source of networks gives of some of them: themselves, or their answers to draws."""


class Answered(dict[str, xr.DataTree]):
    """Results by population, together with the networks that gave them.

    Args:
        results: the results by population.
        networks: the networks of a population, or a function that loads them, where a number is computed of them.
        keep: ``keep(name, compute)`` returns what is computed, or finds it; by default it is computed.
        base_seed: the base seed of the claims, for examples that are drawn.
        second: whether networks answer a second draw of these.
    """

    def __init__(
        self,
        results: Evidence,
        networks: Mapping[str, Networks | Callable[[], Networks]],
        keep: Callable[[str, Callable[[], Any]], Any] = lambda _, compute: compute(),
        base_seed: int = 0,
        *,
        second: bool = False,
    ) -> None:
        super().__init__(results)
        self._networks = {**networks}
        self._keep, self._numbers, self.base_seed = keep, dict[Any, np.ndarray](), base_seed
        self._named = Counter[str]()
        self.second = second

    @cached_property
    def again(self) -> Answered:
        """The same networks, which answer a second draw of examples."""
        return Answered(self, self._networks, self._keep, self.base_seed, second=True)

    def given(self, source: Source) -> OfNetworks | None:
        """What a source of networks gives; None if there are only answers."""
        if source.population not in self._networks:
            return None

        def of(sound: Bool[np.ndarray, " S"]) -> xr.Dataset | Networks:
            held = self._networks[source.population]
            networks = self._networks[source.population] = held() if callable(held) else held
            chosen = networks if sound.all() else networks[np.flatnonzero(sound)]
            if source.curves == NETWORKS:
                return chosen
            # A copy, since draws are kept, and a function may change its own.
            results = self[source.population]
            return draws.labeled(results, source, self.base_seed, chosen, second=self.second).copy(deep=True)

        return of

    def number(self, name: str, key: Any, compute: Callable[[], Float[np.ndarray, " S"]]) -> Float[np.ndarray, " S"]:
        """The numbers of networks, which are computed once; functions may have the same name."""
        if key not in self._numbers:
            self._named[name] += 1
            name += f", {self._named[name]}" if self._named[name] > 1 else ""
            self._numbers[key] = np.array(self._keep(name, lambda: plain(compute())), float)
        return self._numbers[key]


class OfRecipes(dict[str, xr.DataTree]):
    """Networks of drawn recipes, by population, which are measured model by model.

    Args:
        networks: the networks of each model and number of steps, with results.
        distributions: the name of the distribution of each population.
        count: how many networks there are in all; their seeds are numbers from 0.
        keep, base_seed: see `Answered`.
    """

    def __init__(
        self,
        networks: Mapping[str, Sequence[Networks]],
        distributions: Mapping[str, str],
        count: int,
        keep: Callable[[str, Callable[[], Any]], Any],
        base_seed: int,
    ) -> None:
        super().__init__()
        self._networks, self._distributions, self.count = networks, distributions, count
        self._keep, self._base_seed = keep, base_seed

    def split(self, names: Sequence[str]) -> Iterator[tuple[Int[np.ndarray, " N"], Answered]]:
        """Yields seeds and their networks of several populations, each of one model; nothing if recipes differ."""
        if not {*names} <= self._networks.keys() or len({self._distributions[name] for name in names}) > 1:
            return
        for parts in product(*(self._networks[name] for name in names)):
            seeds = reduce(np.intersect1d, [part.seeds for part in parts])
            if len(seeds):
                known = {name: part[np.isin(part.seeds, seeds)] for name, part in zip(names, parts, strict=True)}
                results = {name: part.results for name, part in known.items()}
                yield seeds, Answered(results, known, partial(self._kept, int(seeds[0])), self._base_seed)

    def _kept(self, first: int, name: str, compute: Callable[[], Any]) -> Any:
        return self._keep(f"{name}, from seed {first}", compute)


class Copies(dict[str, xr.DataTree]):
    """Results of models that copy their input, by population; see `copy`. Of draws, they answer that of seed 0."""

    def __init__(self, results: Evidence, bound: float = np.inf, base_seed: int = 0) -> None:
        super().__init__({name: copy(each, bound) for name, each in results.items()})
        self._results, self._bound, self._base_seed = results, bound, base_seed

    def given(self, source: Source) -> xr.Dataset | None:
        """A copy of a draw; None if it cannot be copied, or if networks are needed."""
        if source.curves == NETWORKS:
            return None
        results = self._results[source.population]
        drawn = draws.labeled(results, source, self._base_seed)
        answer = _copied(drawn, _ends(results, self._bound))
        return None if answer is None else drawn.assign(answer=answer)


def plain(numbers: Float[np.ndarray, ...]) -> Any:
    """Makes JSON of numbers, which ``np.array(…, float)`` reads again: NaN is null, and infinite ones are texts."""
    values = numbers.astype(object)
    values[np.isnan(numbers)] = None
    values[np.isinf(numbers)] = values[np.isinf(numbers)].astype(str)
    return values.tolist()


PerCurve = Callable[[AnsweredCurve], PyTree[Shaped[Array, ""]]]
"""A measure of an answer and of everything that is known about its curve."""

SEED_BLOCK = 8

TOLERANCE = 1e-6
"""Relative and absolute difference up to which curves count as equal; processors and precisions differ by less."""

ASKED = ("input", "answer", "truth", "counts", "length", "name")
"""Variables of a set of curves."""


def select(labeled: xr.DataTree, curves: str) -> xr.Dataset | None:
    """Selects results of a probe, `TRAINING` or `HISTORY`; None if ``labeled`` lacks them.

    A curve set has ``input`` ``[curve, time, feature]``, ``answer`` ``[seed, curve, ...]`` and, if something is right,
    ``truth`` and ``counts``. `HISTORY` selects what was recorded during training.
    """
    node = TRAINING if curves == HISTORY else curves
    if node not in labeled.children or ("train_loss" if curves == HISTORY else "answer") not in labeled[node]:
        return None
    found = arrays.probed(labeled, node)
    return found if curves == HISTORY else found[[name for name in ASKED if name in found]]


def given(populations: Evidence, source: Source) -> xr.Dataset | OfNetworks | None:
    """What a claim's function gets of a source; None if there is no such thing."""
    if source.population not in populations:
        return None
    if source.of_networks:
        return populations.given(source) if isinstance(populations, Answered | Copies) else None
    return select(populations[source.population], source.name)


def scope(claim: Claim, populations: Evidence) -> list[str]:
    """Remarks on which examples a claim is about, if networks are shown any; see docs/notes/claims.md.

    Curves of a family have parameters with symbols. They are all that a claim is about.
    """
    named = [each for each in claim.sources if each.name not in (TRAINING, HISTORY) and not each.of_networks]
    sets = [select(populations[each.population], each.name) for each in named]
    known = [each.coords for each in sets if each is not None and "time" in each.coords]  # Not made by hand.
    if any(not any("symbol" in each.attrs for each in coordinates.values()) for coordinates in known):
        return ["all networks answer the same examples: the verdict is on these curves only"]
    return ["the share is of networks on their own draws"] * claim.drawn


def alike(labeled: xr.DataTree, others: xr.DataTree) -> xr.DataTree:
    """Selects the curves of ``labeled`` that ``others`` also contain, in a probe of the same name and parameters."""
    kept = {}
    for name, ours in arrays.nodes_of(labeled).items():
        if name in ("/", TRAINING):
            kept[name] = ours
        elif name in others.children:
            theirs = others[name].to_dataset()
            known = [each for each in theirs.coords if each in ours.coords and ours[each].dims == ("curve",)]
            same = [np.isclose(ours[each].values[:, None], theirs[each].values, equal_nan=True) for each in known]
            kept[name] = ours.isel(curve=np.all(same, axis=0).any(axis=1)) if known else ours
    return xr.DataTree.from_dict(kept)


def copy(labeled: xr.DataTree, bound: float = np.inf) -> xr.DataTree:
    """Makes the results of a model that copies its input or, if networks read off numbers, answers the true values.

    They are the results of one "network", clipped to ``(-bound, bound)``, of scaled values if curves are scaled; 1 is
    the range of a last layer of LSTM units. Missing are answers with features that the input lacks, and classes and
    bits: a copied value is not a logit.
    """
    ends = _ends(labeled, bound)

    def copied(node: xr.Dataset) -> xr.Dataset:
        answer, without = _copied(node, ends), node.drop_dims("seed", errors="ignore")
        return without if answer is None else without.assign(answer=answer.expand_dims(seed=1))

    nodes = {name: copied(node) for name, node in arrays.nodes_of(labeled).items()}
    return xr.DataTree.from_dict({**nodes, "/": nodes["/"].assign(diverged=("seed", np.zeros(1, bool)))})


def _ends(labeled: xr.DataTree, bound: float) -> list[Any]:
    """The ends of clipped answers, in original units."""
    scaling = scaling_of(labeled)
    return [end if scaling is None else scaling.undone(np.full(len(scaling.outputs), end)) for end in (-bound, bound)]


def _copied(node: xr.Dataset, ends: Sequence[Any]) -> xr.DataArray | None:
    """What a copy answers, clipped; None where the input has other features, and for classes and bits."""
    if "answer" not in node or "loss" in node.answer.attrs:
        return None
    known = node.get("input" if "time" in node.answer.dims else "truth")
    if known is None or known.dims not in (node.answer.dims, node.answer.dims[1:]):
        return None
    return known.clip(*ends).assign_attrs(node.answer.attrs)


def model(curves: xr.Dataset) -> str:
    """Names what a copy answers to a curve set: `INPUT` or `TRUTH`."""
    return INPUT if "time" in curves.answer.dims else TRUTH


def right(curves: xr.Dataset) -> bool:
    """Whether a copy's answers to a curve set are known to be correct, wherever something counts."""
    if model(curves) == TRUTH:
        return True
    if "truth" not in curves or curves.truth.dims != curves.input.dims:
        return False
    return not summary.squared_errors(curves, "input").total.any()


def copied(claim: Claim, copies: Evidence) -> tuple[str, bool]:
    """What copies answer to a claim's curves: `INPUT`, `TRUTH`, or both joined by "and"; and whether it is correct."""
    sets = [given(copies, each) for each in claim.sources]
    known = [each for each in sets if isinstance(each, xr.Dataset)]
    return " and ".join(dict.fromkeys(map(model, known))), all(map(right, known))


def per_curve(curves: xr.Dataset, measure: PerCurve, feature: str = "y") -> Any:
    """Applies a measure to every answer of every network.

    The number of a network is bit-identical regardless of the other networks.

    Args:
        curves: results with ``input`` and ``answer`` along time, such as a source of a `Claim`, or what `lt.probed`
            selects. Of a source that is drawn, each network has an input and what is right of its own.
        measure: a pure JAX function of one `lt.measures.AnsweredCurve`, which has an ``answer``, the ``input``, what
            is right (``truth``) with its ``counts``, and ``x``, such as `lt.measures.rmse`. It returns a scalar or a
            tree of scalars.
        feature: the feature of input and answer to measure; other features are ignored.

    Returns:
        An array ``[S, C]``, or a tree of such arrays.

    Raises:
        ValueError: the curves have no input or answer along time, or no such feature.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> import xarray as xr
        >>> shown = np.stack([np.zeros(20), np.ones(20)])[:, :, None]
        >>> axes, answer = ("curve", "time", "feature"), np.stack([shown, shown + 0.5, 0 * shown])
        >>> variables = {"input": (axes, shown), "truth": (axes, shown), "answer": (("seed", *axes), answer)}
        >>> curves = xr.Dataset(variables, {"time": np.linspace(0, 1, 20), "feature": ["y"]})
        >>> lt.claims.per_curve(curves, lt.measures.rmse).tolist()
        [[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    arguments.instance("curves", curves, xr.Dataset, "labeled results of a probe, such as lt.probed selects")
    sequences = {"time", "feature"}
    if not all(name in curves and sequences <= {*curves[name].dims} for name in ("input", "answer")):
        raise ValueError(
            "curves must have an input and an answer with the same features at every time point; "
            "measure other outputs by curves.answer"
        )
    arguments.function("measure", measure, "a function of one lt.measures.AnsweredCurve, with answer, input and x", 1)
    arguments.choice("feature", feature, *curves.feature.values.tolist())
    shown = curves.sel(feature=feature)
    if "truth" not in shown:
        shown = shown.assign(truth=xr.full_like(shown.input, np.nan))
    answers, inputs = (np.asarray(shown[name].values, np.float32) for name in ("answer", "input"))
    truth, counts = (np.asarray(each, np.float32) for each in (shown.truth.values, summary.counts_of(shown)))
    lengths = np.asarray(shown.get("length", np.full(inputs.shape[:-1], inputs.shape[-1])))[..., None]
    time = np.asarray(curves.time.values, np.float32)
    span = time[lengths - 1] - time[0]
    # A single point is the last.
    elapsed = np.where(span > 0, (time - time[0]) / np.where(span > 0, span, 1), np.float32(1))
    x = np.where(np.arange(len(time)) < lengths, elapsed, np.float32(-1))  # Padding, which no measure reads.
    seeds, about = len(answers), {"input": inputs, "truth": truth, "counts": counts, "x": x}
    own, shared = (about, {}) if "seed" in shown.input.dims else ({}, about)
    rows = [np.arange(first, first + SEED_BLOCK) for first in range(0, seeds, SEED_BLOCK)]
    taken = [partial(np.take, indices=each, axis=0, mode="clip") for each in rows]
    blocks = [_each(measure, *jax.tree.map(take, (answers, own)), shared) for take in taken]
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:seeds], *blocks)


@partial(jax.jit, static_argnums=0)
def _each(
    measure: PerCurve, answers: Float[Array, "N C T"], own: dict[str, Array], shared: dict[str, Array]
) -> PyTree[Shaped[Array, "N C"]]:
    def measured(answer: Float[Array, " T"], own: dict[str, Array], shared: dict[str, Array]) -> PyTree[Array]:
        values = measure(AnsweredCurve(answer, **own, **shared))
        for value in jax.tree.leaves(values) or [values]:
            arguments.array("what measure returns", value, "", finite=False)
        return values

    return jax.vmap(jax.vmap(measured), (0, 0, None))(answers, own, shared)


def after(prepared: Prepared, networks: Networks, steps: int | Int[np.ndarray, " S"]) -> xr.DataTree:
    """Labels the answers of networks with their parameters after so many steps, as a run does, without histories."""
    ends = prepared.curves.lengths()
    answers = {
        name: answering.answers(networks, each, lengths=ends.get(name), block=prepared.block)
        for name, each in prepared.curves.answered().items()
    }
    labeled = external.assembled(prepared.experiment, prepared.curves, answers)
    diverged = networks.results.sound_step.values < steps
    return arrays.of_networks(labeled, {"diverged": ("seed", diverged)}, {"seed": networks.seeds})


def synthetic(experiment: Experiment, settings: Settings) -> xr.DataTree:
    """Makes results like those of a run, for one network that copies its input, if it can, and whose loss falls."""
    prepared = Prepared(experiment, settings)
    task = prepared.task
    answers = {
        name: np.zeros((1, *each.shape[: 2 if task.sequence else 1], len(task.output_features)), np.float32)
        for name, each in prepared.curves.answered().items()
    }
    made, recorded = external.assembled(experiment, prepared.curves, answers), np.geomspace(1.0, 1e-6, 9)
    copied = arrays.nodes_of(copy(made))
    nodes = {name: node.assign(copied[name].data_vars) for name, node in arrays.nodes_of(made).items()}
    accuracies = supervision.accuracies_of(task.loss, sequence=task.sequence)
    told = {"after": experiment.after} if task.sequence else {}
    axis, named, values = (
        ("train_rmse", task.axes[-1], recorded) if accuracies is None else ("train_accuracy", "counted", 1 - recorded)
    )
    histories: dict[str, Any] = {
        "step": np.linspace(0, settings.steps, len(recorded)).astype(int),
        "train_loss": (("seed", "step"), recorded[None] ** 2, task.described_loss),
        axis: (("seed", "step", named), np.tile(values[:, None], (1, 1, len(task.measured))), told),
    }
    if accuracies is not None:
        histories["counted"] = list(accuracies)
        histories[axis][2]["weighted"] = 0
    nodes[TRAINING] = nodes[TRAINING].assign(histories)
    return xr.DataTree.from_dict(nodes)


def published(question: Question) -> Evidence:
    """Published answers by population; raises Refused for an error, or unless each population has one network."""
    declared = question.declared
    try:
        answers = {} if declared.published is None else declared.published()
    except Exception as error:
        raise Refused(f"the published answers: {described_error(error)}") from error
    for name, labeled in answers.items():
        if labeled.sizes["seed"] != 1:
            raise Refused(f"the published answers of {name} must be from one network, not {labeled.sizes['seed']}")
    return {name: labeled for name, labeled in answers.items() if name in declared.populations}


def external_answers(question: Question, name: str, path: Path) -> xr.DataTree:
    """Reads a file of answers of a population; raises Refused if they are for other curves."""
    file = f"answers of {name}: {path}"
    try:
        answers = storage.load_results(path)
    except Damaged as error:
        raise Refused(f"{file} {str(error.strerror).replace('is damaged', 'is not a file of answers')}") from None
    experiment, settings = question.experiment(name), question.settings[name]
    points, numbers = settings.timesteps, dict(settings.numbers)
    shown, (_, task) = external.curves_of(experiment, points, numbers), experiment.at(points)
    shape = (1, *shown.shape[: 2 if task.sequence else 1], len(task.output_features))
    expected = external.labeled(experiment, np.zeros(shape), points, numbers)
    for place in expected.children:
        if place not in answers or "answer" not in answers[place]:
            raise Refused(f"{file} has no answers to {place}")
    try:
        for place, each in expected.children.items():
            given, curves = answers[place].to_dataset(), each.to_dataset().drop_dims("seed")
            same = given.answer.dims == each.answer.dims
            given = given.drop_dims("seed")[[*curves.variables]]
            xr.testing.assert_allclose(given.drop_attrs(), curves.drop_attrs(), TOLERANCE, TOLERANCE)
            if not same:
                raise KeyError(place)
    except (AssertionError, AttributeError, KeyError, ValueError):
        raise Refused(f"{file} has other curves than {experiment.name} with {points:,} time points") from None
    if "diverged" in answers:
        return answers
    every = [np.isfinite(answers[place].answer.values) for place in expected.children]
    sound = np.all([each.all(axis=tuple(range(1, each.ndim))) for each in every], axis=0)
    return arrays.of_networks(answers, {"diverged": ("seed", ~sound)})
