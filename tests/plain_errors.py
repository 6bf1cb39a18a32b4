"""How wrong answers are, written as plainly as possible: loops over points, in double precision.

What is right is NaN where it is unknown, and then has no weight. A weight is that of the examples, 0 beyond the end of
a sequence. Answers of classes and bits are logits.
"""

import math

import numpy as np


def right(inputs, *, targets=None, reproduces=False, ahead=0, parameters=None):
    """What is right, [C, T, A] or [C, A]: what is given, else what the task says of its inputs; None if nothing is."""
    if targets is not None:
        return np.array(targets, float)
    if parameters is not None:  # Of networks that read them off, [C, A].
        return np.array(parameters, float)
    inputs = np.array(inputs, float)
    if ahead:
        later = np.full(inputs.shape, np.nan)
        for curve in range(len(inputs)):
            for point in range(inputs.shape[1] - ahead):
                later[curve, point] = inputs[curve, point + ahead]
        return later
    return inputs if reproduces else None


def counts(truth, lengths=None, weights=None):
    """The weight of each answer, in the shape of what is right."""
    every = np.zeros(truth.shape)
    for place in np.ndindex(truth.shape):
        if lengths is not None and truth.ndim == 3 and place[1] >= lengths[place[0]]:
            continue
        if not np.isnan(truth[place]):
            every[place] = 1.0 if weights is None else np.asarray(weights)[place[: np.ndim(weights)]]
    return every


def first(points, after):
    """The first point that counts if a share of a sequence does not."""
    return math.ceil(round(after * (points - 1), 6))


def settled(every, after, lengths=None):
    """Weights without the beginning of each sequence."""
    if every.ndim == 2:
        return every
    left = every.copy()
    for curve in range(len(left)):
        left[curve, : first(left.shape[1] if lengths is None else lengths[curve], after)] = 0
    return left


def rmse(answers, truth, every):
    """The error of all answers [S, ...] together, by seed; NaN where none counts."""
    found = []
    for answer in np.asarray(answers, float):
        total = weight = 0.0
        for place in np.ndindex(truth.shape):
            if every[place] > 0:
                total += every[place] * (answer[place] - truth[place]) ** 2
                weight += every[place]
        found.append(math.sqrt(total / weight) if weight else math.nan)
    return np.array(found)


def by_feature(answers, truth, every):
    """The error of each feature, [S, A]."""
    kept = (slice(None),) * (truth.ndim - 1)
    features = range(truth.shape[-1])
    each = [rmse(answers[(slice(None), *kept, [n])], truth[(*kept, [n])], every[(*kept, [n])]) for n in features]
    return np.stack(each, axis=-1)


def of_goal(errors, names, features=()):
    """The error that a goal limits, of errors by feature [S, A]: the largest of its features, or of all together."""
    if features:
        return np.array([max(row[names.index(name)] for name in features) for row in errors])
    return np.array([math.sqrt(sum(value**2 for value in row) / len(row)) for row in errors])


def points(loss, answer, truth, every):
    """Whether each point [C, T] of one network is right, and its weight: bits are right if all that count are."""
    hits, weight = np.zeros(truth.shape[:-1], bool), np.zeros(truth.shape[:-1])
    for place in np.ndindex(hits.shape):
        weight[place] = sum(every[place]) / len(every[place])
        if loss == "cross_entropy":
            hits[place] = int(np.argmax(answer[place])) == truth[place][0]
        else:
            of_bits = zip(answer[place], truth[place], every[place], strict=True)
            hits[place] = all((bit > 0) == (known > 0.5) for bit, known, own in of_bits if own > 0)
    return hits, weight


def accuracies(loss, answers, truth, every):
    """By seed: the share of points that are right, and of sequences of which every point that counts is."""
    found = []
    for answer in np.asarray(answers, float):
        hits, weight = points(loss, answer, truth, every)
        whole = sequences(hits, weight)
        known = [each for each in whole if each is not None]
        over = (hits * weight).sum() / weight.sum() if weight.sum() else math.nan
        found.append((over, sum(known) / len(known) if known else math.nan))
    return np.array(found)


def sequences(hits, weight):
    """Whether every point that counts is right, by sequence; None where none counts."""
    whole = []
    for curve in range(len(hits)):
        counted = [
            bool(hit) for hit, own in zip(np.ravel(hits[curve]), np.ravel(weight[curve]), strict=True) if own > 0
        ]
        whole.append(all(counted) if counted else None)
    return whole
