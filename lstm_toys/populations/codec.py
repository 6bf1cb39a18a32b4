"""Checkpoints as bytes: the state of a group of members, and which training it belongs to."""

import hashlib
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from lstm_toys.execution import lowering
from lstm_toys.files import SCHEMA, Damaged, read_arrays
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Scheduled
from lstm_toys.populations import group, programs
from lstm_toys.populations.checkpoints import OtherTraining
from lstm_toys.populations.group import Group, GroupState
from lstm_toys.populations.specification import Specification

HEADER = re.compile(rb"lstm_toys checkpoint (\d+), SHA-256 ([0-9a-f]{64})\n")

SAMPLE = 4_096
"""How many numbers of the data are compared across versions and processors, which may change their last bits."""


class Origin(NamedTuple):
    """Everything that the state of a group depends on: JSON values by name, and a sample of the first member's data."""

    parts: dict[str, Any]
    sample: Float[np.ndarray, " K"]


class Decoded(NamedTuple):
    """The content of a checkpoint: a group's state, and the executions that computed it, the latest first."""

    state: GroupState
    fingerprints: list[dict[str, Any]]


def origin(specification: Specification, asked: Group) -> Origin:
    """Collects everything that the state of a group depends on, without compiling its training."""
    spec, start = specification, asked.start
    hyper = {name: values for name, values in start.hyper._asdict().items() if name != "numbers"}
    hyper |= {f"train_{name}": values for name, values in start.hyper.numbers.items()}
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), start)
    key = training.seed_key(jnp.uint32(spec.base_seed), first.seed)
    examples = jax.tree.leaves(training.training_set(spec.task, key, first.hyper))
    parts = {
        "model": f"{type(spec.model).__module__}.{spec.model!r}",
        **_optimizer(spec),
        "base_seed": spec.base_seed,
        "seeds": lowering.digest(start.seed),
        "steps": spec.recorded.tolist(),
        "kept_steps": list(spec.kept_steps),
        "frames": spec.frames.tolist(),
        "batch": spec.task.batch,
        "programs": lowering.digest(sorted(spec.programs_digests(len(start.seed)).items())),
        "features": [*spec.task.input_features, *spec.task.output_features],
        "after": spec.after,
        "data": lowering.digest(*examples),
        **{name: lowering.digest(values) for name, values in hyper.items()},
    }
    numbers = np.concatenate([np.asarray(leaf).reshape(-1) for leaf in examples])
    sample = numbers[:: max(1, -(-len(numbers) // SAMPLE))].astype(np.float32)
    return Origin(json.loads(json.dumps(parts)), sample)


def _optimizer(specification: Specification) -> dict[str, Any]:
    """The name of the optimizer, and with a schedule a digest of the learning rate of every step."""
    optimizer = specification.optimizer
    if not isinstance(optimizer, Scheduled):
        return {"optimizer": optimizer}
    rates = jax.jit(jax.vmap(optimizer.schedule))(jnp.arange(specification.kept_steps[-1]))
    return {"optimizer": optimizer.name, "schedule": lowering.digest(rates)}


def encode(state: GroupState, origin: Origin, fingerprints: list[dict[str, Any]]) -> bytes:
    """Encodes a checkpoint: a line with the SHA-256 of the rest, and an npz archive.

    ``fingerprints`` are of the executions that computed the state, the latest first.
    """
    about = json.dumps({"fingerprints": fingerprints, "origin": origin.parts})
    arrays = {"step": np.array(state.step), "sound": state.sound, "losses": state.losses}
    arrays |= {"measures": state.measures, "frames": state.frames}
    arrays |= {f"member/{index}": leaf for index, leaf in enumerate(state.member)}
    for step, sound in state.kept.items():
        arrays |= {f"kept/{step}/{index}": leaf for index, leaf in enumerate(jax.tree.leaves(sound))}
    body = io.BytesIO()
    arrays |= {"about": np.frombuffer(about.encode(), np.uint8), "sample": origin.sample}
    np.savez(body, allow_pickle=False, **arrays)
    checksum = hashlib.sha256(body.getbuffer()).hexdigest().encode()
    return b"".join([b"lstm_toys checkpoint %d, SHA-256 %s\n" % (SCHEMA, checksum), body.getbuffer()])


def decode(
    content: bytes,
    path: Path,
    specification: Specification,
    members: range,
    expected: Origin,
    own: dict[str, Any],
) -> Decoded:
    """Decodes a checkpoint of `encode`, for an execution with the fingerprint ``own`` that continues the training.

    Raises:
        Damaged: the checksum is wrong.
        OtherTraining: the origin differs, or the state was computed with another JAX configuration.
    """
    line, newline, body = content.partition(b"\n")
    header = HEADER.fullmatch(line + newline)
    if not header or hashlib.sha256(body).hexdigest().encode() != header[2]:
        raise Damaged(path, "its checksum is wrong")
    if int(header[1]) != SCHEMA:
        raise OtherTraining(path, f"has checkpoint version {int(header[1])}; this version reads {SCHEMA}")
    arrays = read_arrays(path, io.BytesIO(body))
    about = json.loads(arrays["about"].tobytes())
    fingerprints = list(about["fingerprints"])
    if differing := _differing(Origin(dict(about["origin"]), arrays["sample"]), expected, fingerprints, own):
        raise OtherTraining(path, f"belongs to another training, which differs in {', '.join(differing)}")
    spec, step, losses = specification, int(arrays["step"]), arrays["losses"]
    shapes = programs.member_shapes(spec.task, spec.model, spec.optimizer)
    leaves, structure = jax.tree.flatten(shapes.sound)
    kept = {
        each: jax.tree.unflatten(structure, _leaves(arrays, f"kept/{each}", leaves, len(members)))
        for each in spec.kept_steps
        if each <= step
    }
    finished = losses.shape[1] == len(spec.recorded)
    member = () if finished else tuple(_leaves(arrays, "member", group.changing(shapes), len(members)))
    state = GroupState(step, member, kept, arrays["sound"], losses, arrays["measures"], arrays["frames"])
    return Decoded(state, fingerprints)


def _leaves(
    arrays: dict[str, np.ndarray], prefix: str, shapes: Sequence[jax.ShapeDtypeStruct], count: int
) -> list[np.ndarray]:
    """The arrays under a prefix; raises KeyError or ValueError if one is missing or has another shape."""
    leaves = [arrays[f"{prefix}/{index}"] for index in range(len(shapes))]
    if [(leaf.shape, leaf.dtype) for leaf in leaves] != [((count, *shape.shape), shape.dtype) for shape in shapes]:
        raise ValueError(f"its arrays {prefix} do not have the shapes of {count} members")
    return leaves


def _differing(theirs: Origin, ours: Origin, fingerprints: list[dict[str, Any]], own: dict[str, Any]) -> list[str]:
    """Returns the names of what differs between a state and the training to be continued."""
    names = theirs.parts.keys() | ours.parts.keys()
    differing = sorted(name for name in names if theirs.parts.get(name) != ours.parts.get(name))
    if {*differing} <= {"data", "programs"} and own not in fingerprints:
        # Another version or processor may lower a program to different text, and change the last bits of the data.
        close = theirs.sample.shape == ours.sample.shape and np.allclose(theirs.sample, ours.sample, 1e-4, 1e-6)
        differing = [] if close else differing
    if any(each.get("switches") != own.get("switches") for each in fingerprints):
        differing.append("switches")
    return differing
