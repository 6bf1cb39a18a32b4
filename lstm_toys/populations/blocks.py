"""Blocks of members: compiles a function of one member for many members on many devices.

A block is always the same compiled program on the same number of members, padded at the end. This makes seed i bitwise
identical regardless of the other seeds and the devices: XLA programs for different batch sizes differ in the last bits,
and training amplifies the difference.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Int, PyTree

from lstm_toys.execution import digests

BLOCK = 4
"""Members in a block if the work is unknown; see `default_block`."""

GROUP_MEMBERS = 64
"""Most members on a device at a time, which bounds memory; a single block may be larger."""

MEMORY = 16 * 10**9
"""Bytes of memory of an accelerator that does not report its own."""

SHARE = 1 / 16
"""Share of an accelerator's memory that a block may take in training, as far as `programs.member_bytes` counts."""

MOST_FITTING = 4_096
"""Most members in a default block on an accelerator: fewer networks than a block are padded to it, and computed."""


def default_block(values: int, *, in_turn: bool = False) -> int:
    """Chooses the members in a block on a CPU: few.

    Measured as fastest with 100 time points: for one curve, four members of 8 or 16 units, or two of 32 or more, whose
    weights still fit into the first-level cache; for 50 curves at once, one member; for several curves ``in_turn``,
    four members of 8 units, or one with more units. ``values`` are the numbers in the widest layer's hidden state:
    curves at once x time points x units.
    """
    if in_turn:
        return 4 if values <= 800 else 1
    return 4 if values <= 1_600 else 2 if values <= 40_000 else 1


def fitting_block(size: int) -> int:
    """Chooses the members in a block on an accelerator, from the bytes that one member takes in training.

    A device computes the members of a block together and blocks one after another, so one block takes what memory
    allows. `SHARE` leaves room for derivatives, answers and states, which are not counted, and a power of two makes
    blocks equal on devices that report slightly different sizes. This is unmeasured, as nothing has run on an
    accelerator.
    """
    memory = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit", MEMORY)
    return min(MOST_FITTING, 1 << max(0, (int(memory * SHARE) // size).bit_length() - 1))


def mesh() -> jax.sharding.Mesh:
    """All devices in a row, along the axis ``device``."""
    return jax.make_mesh((jax.device_count(),), ("device",), axis_types=(jax.sharding.AxisType.Auto,))


def sharding() -> jax.sharding.NamedSharding:
    """An equal share of blocks on each device."""
    return jax.sharding.NamedSharding(mesh(), jax.P("device"))


def place(members: PyTree) -> PyTree:
    """Puts blocks of members on the devices, an equal share on each."""
    return jax.device_put(members, sharding())


def shapes(member: PyTree[jax.ShapeDtypeStruct], size: int, block: int) -> PyTree[jax.ShapeDtypeStruct]:
    """The shapes of a group of members on the devices, from those of ONE member."""
    group, share = next(groups(size, size, block, jax.device_count())), sharding()
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((*group.shape, *leaf.shape), leaf.dtype, sharding=share), member
    )


def spread(
    function: Callable[..., Any], *, batch: Callable[..., Any] = jax.vmap, donate: bool = False
) -> jax.stages.Wrapped:
    """Turns a function of one member, and of shared arguments, into a jitted function of many blocks of members.

    The first argument of the result has two leading axes: blocks, a multiple of the number of devices, and N. ``batch``
    maps the function over the members of a block; ``donate`` reuses the members' memory for the result.
    """

    def block_of_members(members: PyTree, *shared: PyTree) -> PyTree:
        return batch(lambda member: function(member, *shared))(members)

    # A separate function in the lowered program, which is the same for any number of blocks and devices.
    block_of_members.__name__ = digests.BLOCK
    one_block = jax.jit(block_of_members)

    def on_device(blocks: PyTree, *shared: PyTree) -> PyTree:
        return jax.lax.map(lambda members: one_block(members, *shared), blocks)

    def on_devices(blocks: PyTree, *shared: PyTree) -> PyTree:
        in_specs = (jax.P("device"), *(jax.P() for _ in shared))
        mapped = jax.shard_map(on_device, mesh=mesh(), in_specs=in_specs, out_specs=jax.P("device"), check_vma=False)
        return mapped(blocks, *shared)

    return jax.jit(on_devices, donate_argnums=0 if donate else ())


def members_in_turn(function: Callable[..., Any]) -> Callable[..., Any]:
    """Maps a function over members one by one, for functions that must not be batched."""
    return partial(jax.lax.map, function)


def member(params: PyTree) -> PyTree:
    """The shapes of ONE member's arrays, from arrays with a leading axis of members."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), params)


def group_size(members: int, block: int, device_count: int, workers: int = 1) -> int:
    """Returns the number of members in a group, about equal for all groups; there is at least one group per worker."""
    blocks = -(-members // block)
    group_count = -(-blocks // (device_count * max(1, GROUP_MEMBERS // block)))
    size = device_count * -(-blocks // (device_count * group_count)) * block
    return min(size, device_count * -(-blocks // (device_count * max(1, workers))) * block)


def groups(members: int, size: int, block: int, device_count: int) -> Iterator[Int[np.ndarray, "blocks N"]]:
    """Splits members into groups of blocks, all of one shape; the number of blocks is a multiple of the devices.

    Yields member numbers, from 0. Numbers past the group's size, or past the last member, are padding, to be computed
    and dropped.
    """
    blocks = device_count * -(-size // (device_count * block))
    for first in range(0, members, size):
        yield first + np.arange(blocks * block).reshape(blocks, block)


def placed(members: PyTree, size: int, block: int) -> Iterator[tuple[int, PyTree]]:
    """Puts the members on the devices, group by group; yields the size of a group without padding, and its blocks."""
    count = len(jax.tree.leaves(members)[0])
    for group in groups(count, size, block, jax.device_count()):
        taken = jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), members)
        yield min(size, count - int(group[0, 0])), place(taken)


def in_groups(
    program: Callable[..., PyTree], members: PyTree, size: int, block: int, *shared: PyTree
) -> PyTree[np.ndarray]:
    """Runs a program of `spread` for all members, see `placed`; results have a leading axis of members."""
    return joined(flat(program(part, *shared), count) for count, part in placed(members, size, block))


def joined(parts: Iterable[PyTree[np.ndarray]]) -> PyTree[np.ndarray]:
    """Joins groups of members."""
    return jax.tree.map(lambda *leaves: leaves[0] if len(leaves) == 1 else np.concatenate(leaves), *parts)


def flat(blocks: PyTree, count: int | None = None) -> PyTree[np.ndarray]:
    """Merges the axes of blocks and of members in a block, as NumPy arrays, without padding after ``count`` members."""
    return jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[:count], blocks)
