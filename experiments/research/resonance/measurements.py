"""Measures waves in the answers to lines while a mode is turned, and the damage that such an edit does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

import lstm_toys as lt

from ... import sine
from ..horizons.measures import slope
from .hypotheses import CLOCK, LOCAL, OTHER, RANDOM, REST_OF, TURNED

FACTORS = (0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.6)
"""Factors of the mode's frequency."""

DECAYS = (0.5, 0.7, 1.0, 1.4, 2.0)
"""Factors of its time constant."""

BEGIN = 0.05
"""x from which on waves are fitted."""

FREQUENCIES, TIMES = np.geomspace(2, 80, 120), np.geomspace(0.03, 1, 20)
"""Frequencies and time constants of the damped sinusoids that are compared, in rad per x and in x."""

EXPLAINED = 0.5
"""A fit counts if it explains this share of the deviation from the static answer, and does not end at an end of
`FREQUENCIES` or `TIMES`."""

LEAST = 4
"""Fewest fits for the slope of a network."""

LEVELS, REST = np.linspace(0, 2.5, 51), 500
"""Constant inputs at which the static answer is computed, and the time points that networks have to come to rest."""

MOVES = 1e-3
"""Largest range of an answer at rest, over the last tenth of these time points."""

HALVINGS = 14
"""Halvings of the scale of a random edit, from `LARGEST` times the norm of the turned mode down."""

LARGEST = 64.0


class Waves(NamedTuple):
    """Damped sinusoids in deviations; NaN where none fits."""

    frequency: Float[np.ndarray, "S C"]
    time: Float[np.ndarray, "S C"]


class Edited:
    """Networks of one population that are edited, their lines, and their training curve."""

    def __init__(self, experiment: lt.Experiment, settings: lt.Settings, run: lt.Run) -> None:
        trained = lt.load(run.folder)
        self.networks = trained[~trained.diverged]
        self.x = np.asarray(lt.time_points(settings.timesteps))
        self.spacing = float(self.x[1] - self.x[0])
        self.curves = np.asarray(lt.claims.curves_of(experiment, settings.timesteps, dict(settings.numbers)))
        self.names = [*sine.LABELS["line"].values(), *sine.LABELS["line_origin"].values()]
        self.lines = self.curves[1 : 1 + len(self.names)]  # After the training curve.
        self.level = float(self.curves[0].mean())
        self.mode = lt.dynamics.oscillation(self.networks, np.array([self.level]))

    def answers(self, curves: Any, rests: Any, matrices: Any, speed: float = 1.0) -> Float[np.ndarray, "S C T"]:
        """The answers of the edited networks."""
        return lt.dynamics.edited(self.networks, curves, rests, matrices, speed)[..., 0]

    def damage(self, matrices: Float[np.ndarray, "S 1 D D"]) -> Float[np.ndarray, " S"]:
        """The RMSE of the answer to the training curve, after a tenth of x."""
        late = lt.measures.window(self.x, lt.measures.FOUND)
        wrong = self.answers(self.curves[:1], self.mode.rest, matrices)[:, 0] - self.curves[0, :, 0]
        return np.sqrt((np.square(wrong) * late).sum(axis=1) / late.sum())

    def waves(
        self, rests: Float[np.ndarray, "S _ D"], matrices: Float[np.ndarray, "S _ D D"], speed: float = 1.0
    ) -> Waves:
        """Fits waves to the answers to lines, less the static answers of the same edited networks."""
        answers = self.answers(self.lines, rests, matrices, speed)
        constants = np.broadcast_to(LEVELS[:, None, None], (len(LEVELS), REST, 1))
        static = np.empty_like(answers)
        for place in range(rests.shape[1]):
            affected = slice(None) if rests.shape[1] == 1 else slice(place, place + 1)
            settled = self.answers(constants, rests[:, place : place + 1], matrices[:, place : place + 1], speed)
            moving = np.ptp(settled[..., -REST // 10 :], axis=-1) > MOVES
            at_rest = np.where(moving, np.nan, settled[..., -1])
            for seed, values in enumerate(at_rest):
                static[seed, affected] = np.interp(self.lines[affected, :, 0], LEVELS, values)
        return fitted(answers - static, self.x)

    def matched(self, damage: Float[np.ndarray, " S"], norm: Float[np.ndarray, " S"]) -> Float[np.ndarray, "S 1 D D"]:
        """Random matrices of rank one, scaled until the training error is as large, by bisection."""
        size = self.mode.rest.shape[-1]
        pairs = [np.random.default_rng(seed).normal(size=(2, size)) for seed in range(len(damage))]
        unit = np.stack([np.outer(*pair) / np.linalg.norm(np.outer(*pair)) for pair in pairs])[:, None]
        scale, step = np.zeros(len(damage)), LARGEST * norm
        for _ in range(HALVINGS):
            step = step / 2
            trial_damage = self.damage((scale + step)[:, None, None, None] * unit)
            scale = np.where(trial_damage <= damage, scale + step, scale)
        return scale[:, None, None, None] * unit


def fitted(deviation: Float[np.ndarray, "S C T"], x: Float[np.ndarray, " T"]) -> Waves:
    """Fits ``exp(-x / time) (a cos(frequency x) + b sin(frequency x))`` by least squares over a grid of both."""
    late = x >= BEGIN
    decay = np.exp(-(x[late] - BEGIN) / TIMES[:, None])
    phases = FREQUENCIES[:, None, None] * x[late]
    bases = np.stack([decay * np.cos(phases), decay * np.sin(phases)], axis=-1)  # [W, K, T, 2]
    orthonormal = np.linalg.qr(bases)[0].reshape(-1, late.sum(), 2)
    values = deviation[..., late].astype(float).reshape(-1, late.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.square(np.einsum("bti,nt->bin", orthonormal, values, optimize=True)).sum(axis=1)
        shares /= np.square(values).sum(axis=1)
    best = np.nan_to_num(shares).argmax(axis=0)
    w, k = np.unravel_index(best, (len(FREQUENCIES), len(TIMES)))
    inside = (w % (len(FREQUENCIES) - 1) > 0) & (k % (len(TIMES) - 1) > 0)
    fits = inside & (np.take_along_axis(shares, best[None], axis=0)[0] >= EXPLAINED)
    waves = (np.where(fits, value, np.nan).reshape(deviation.shape[:2]) for value in (FREQUENCIES[w], TIMES[k]))
    return Waves(*waves)


def slopes(factors: tuple[float, ...], measured: Float[np.ndarray, "K S C"]) -> Float[np.ndarray, "S C"]:
    """The slope of log(measured) on log(factor), per network and line; NaN with fewer than `LEAST` fits."""
    logs = np.moveaxis(np.log(measured), 0, -1)
    against = np.broadcast_to(np.log(factors), logs.shape)
    return np.array([slope(*pair, LEAST) for pair in zip(against, logs, strict=True)])


def turned(experiment: lt.Experiment, settings: lt.Settings, run: lt.Run) -> dict[str, Any]:
    """Measures how turning the mode changes the waves and the training error.

    Returns:
        ``frequency``: of the mode; ``slopes``: by edit and line, the median slope over networks with its 95 % bootstrap
        interval and ``quartiles``, and ``networks``, how many have a slope; ``fits``: by edit and line, how many
        networks have a wave at each factor; ``fitted everywhere``: the slopes of networks with a wave at every factor;
        ``decay``: the same as ``slopes`` for time constants; ``waves`` and ``damage``: by edit and factor; ``lines``:
        see `_lines`.
    """
    networks = Edited(experiment, settings, run)
    mode = networks.mode
    next_mode = lt.dynamics.oscillation(networks.networks, np.array([networks.level]), rank=1)
    early = ~lt.measures.window(networks.x / networks.x[-1], lt.measures.SETTLED)
    local = lt.dynamics.oscillation(networks.networks, networks.lines[:, early, 0].mean(axis=1).astype(float))
    frequencies, damages = (defaultdict[str, list[Any]](list) for _ in range(2))
    for factor in FACTORS:
        turning = mode.turned(factor)
        damage = networks.damage(turning)
        random = networks.matched(damage, np.linalg.norm(turning, axis=(-2, -1))[:, 0])
        matrices = {TURNED: turning, RANDOM: random, OTHER: next_mode.turned(factor)}
        for name, matrix in matrices.items():
            frequencies[name].append(networks.waves(mode.rest, matrix).frequency)
            damages[name].append(damage if matrix is turning else networks.damage(matrix))
        frequencies[LOCAL].append(networks.waves(local.rest, local.turned(factor)).frequency)
        frequencies[REST_OF].append(networks.waves(mode.rest, mode.others_turned(factor)).frequency)
        frequencies[CLOCK].append(networks.waves(mode.rest, 0 * turning, factor).frequency)
    times = [networks.waves(mode.rest, mode.turned(decay=decay)).time for decay in DECAYS]
    measured = {name: np.stack(by_factor) for name, by_factor in frequencies.items()}
    followed = {name: slopes(FACTORS, by_factor) for name, by_factor in measured.items()}
    unedited = measured[TURNED][FACTORS.index(1.0)]
    return {
        "networks": len(mode.value),
        "oscillating": int(np.isfinite(mode.value).sum()),
        "factors": list(FACTORS),
        "frequency": _summary(lt.dynamics.modes(mode.value[:, 0], networks.spacing).frequency),
        "slopes": {name: _by_line(networks, values) for name, values in followed.items()},
        "fits": {name: _fits(networks, by_factor) for name, by_factor in measured.items()},
        "fitted everywhere": {
            name: _by_line(networks, np.where(np.isfinite(by_factor).all(axis=0), followed[name], np.nan))
            for name, by_factor in measured.items()
        },
        "decay": _by_line(networks, slopes(DECAYS, np.stack(times))),
        "waves": {
            name: [_summary(_median(wave / unedited)) for wave in measured[name]] for name in (TURNED, RANDOM, OTHER)
        },
        "damage": {name: [_summary(values) for values in by_factor] for name, by_factor in damages.items()},
        "lines": _lines(networks, local, unedited),
    }


def _median(values: Float[np.ndarray, "S C"]) -> Float[np.ndarray, " S"]:
    """The median over lines of each network; NaN without any."""
    return np.array([np.median(finite) if len(finite := row[np.isfinite(row)]) else np.nan for row in values])


def _lines(networks: Edited, local: Any, unedited: Float[np.ndarray, "S C"]) -> dict[str, Any]:
    """The rank correlation over lines, per network, of the mode's frequency and that of the unedited waves."""
    frequencies = lt.dynamics.modes(local.value, networks.spacing).frequency
    correlations = []
    for wave, mode in zip(unedited, frequencies, strict=True):
        both = np.isfinite(wave) & np.isfinite(mode)
        varied = both.sum() >= LEAST and np.ptp(wave[both]) > 0
        correlations.append(spearmanr(wave[both], mode[both]).statistic if varied else np.nan)
    return {"correlation": _summary(np.array(correlations))}


def _fits(networks: Edited, frequencies: Float[np.ndarray, "K S C"]) -> dict[str, list[int]]:
    """In how many networks a wave is fitted, by line, at each factor."""
    return dict(zip(networks.names, np.isfinite(frequencies).sum(axis=1).T.tolist(), strict=True))


def _by_line(networks: Edited, values: Float[np.ndarray, "S C"]) -> dict[str, Any]:
    return {name: _summary(column) for name, column in zip(networks.names, values.T, strict=True)}


def _summary(values: Float[np.ndarray, " S"]) -> dict[str, Any]:
    finite = values[np.isfinite(values)]
    _, *quartiles = lt.statistics.median_quartiles(finite)
    return {"networks": len(finite), **lt.statistics.median_bootstrap(finite).as_json(), "quartiles": quartiles}
