"""Checkpoints as bytes: the state of a group of members, and which training it belongs to."""

import hashlib
import io
import json
import re
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from lstm_toys.execution import lowering
from lstm_toys.files import SCHEMA, ArrayHeader, Content, Damaged, array_headers, read_arrays
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Scheduled
from lstm_toys.populations import group, programs
from lstm_toys.populations.checkpoints import OtherTraining
from lstm_toys.populations.group import Group, GroupState
from lstm_toys.populations.specification import Specification

HEADER = re.compile(rb"lstm_toys checkpoint (\d+), SHA-256 ([0-9a-f]{64})\n")

LONGEST = 200
"""Most bytes of the first line."""

DESCRIPTION = {"about", "sample", "step"}
"""Names of the arrays that say which training, and which step of it, a checkpoint belongs to."""

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
        "programs": lowering.digest(sorted(spec.programs_digests().items())),
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
    file: Content,
    path: Path,
    specification: Specification,
    members: range,
    expected: Origin,
    own: dict[str, Any],
) -> Decoded:
    """Decodes a checkpoint of `encode`, for an execution with the fingerprint ``own`` that continues the training.

    Raises:
        Damaged: the checksum is wrong, or the content is not a state of these members.
        OtherTraining: the origin differs, or the state was computed with another JAX configuration.
    """
    header, checksum = HEADER.fullmatch(file.readline(LONGEST)), hashlib.sha256()
    for part in iter(partial(file.read, 2**20), b""):
        checksum.update(part)
    if not header or checksum.hexdigest().encode() != header[2]:
        raise Damaged(path, "its checksum is wrong")
    if int(header[1]) != SCHEMA:
        raise OtherTraining(path, f"has checkpoint version {int(header[1])}; this version reads {SCHEMA}")
    description = read_arrays(path, file, DESCRIPTION)
    try:
        about, sample = json.loads(description["about"].tobytes()), description["sample"]
        fingerprints, theirs = [dict(each) for each in about["fingerprints"]], Origin(dict(about["origin"]), sample)
        step = int(description["step"])
    except (KeyError, TypeError, ValueError, RecursionError):
        fingerprints = []
    if not fingerprints:
        raise Damaged(path, "is damaged: it does not describe a training")
    if differing := _differing(theirs, expected, fingerprints, own):
        raise OtherTraining(path, f"belongs to another training, which differs in {', '.join(differing)}")
    spec, shapes = (
        specification,
        programs.member_shapes(specification.task, specification.model, specification.optimizer),
    )
    wanted = _shapes(spec, shapes, len(members), step)
    headers = {name: header for name, header in array_headers(path, file).items() if name not in DESCRIPTION}
    if headers != wanted:
        name = min(each for each in headers.keys() | wanted if headers.get(each) != wanted.get(each))
        raise Damaged(path, f"is damaged: {name} does not have the shape of {len(members)} members at step {step:,}")
    arrays, structure = read_arrays(path, file, wanted), jax.tree.structure(shapes.sound)

    def leaves(name: str) -> list[np.ndarray]:
        return [arrays[each] for each in wanted if each.startswith(f"{name}/")]

    kept = {each: jax.tree.unflatten(structure, leaves(f"kept/{each}")) for each in spec.kept_steps if each <= step}
    histories = (arrays[name] for name in ("sound", "losses", "measures", "frames"))
    return Decoded(GroupState(step, tuple(leaves("member")), kept, *histories), fingerprints)


def _shapes(specification: Specification, shapes: training.Member, members: int, step: int) -> dict[str, ArrayHeader]:
    """The shapes and types of the arrays of a state after a step; ``shapes`` are of ONE member."""
    spec, loss = specification, shapes.sound.first_loss.dtype
    records = int((spec.recorded <= step).sum())
    frames = int((spec.frames < records).sum())
    trees = {f"kept/{each}": jax.tree.leaves(shapes.sound) for each in spec.kept_steps if each <= step}
    if records < len(spec.recorded):
        trees["member"] = group.changing(shapes)
    leaves = {f"{name}/{index}": leaf for name, each in trees.items() for index, leaf in enumerate(each)}
    headers = {
        "sound": ArrayHeader((members,), np.dtype(bool)),
        "losses": ArrayHeader((members, records), loss),
        "measures": ArrayHeader((members, records, len(spec.task.measured)), loss),
        "frames": ArrayHeader((members, 0), np.dtype(float)),
        **{name: ArrayHeader((members, *leaf.shape), leaf.dtype) for name, leaf in leaves.items()},
    }
    if frames:
        answers = jax.eval_shape(partial(training.answers_to, spec.model), shapes.params, shapes.examples)
        headers["frames"] = ArrayHeader((members, frames, *answers.shape[1:]), answers.dtype)
    return headers


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
