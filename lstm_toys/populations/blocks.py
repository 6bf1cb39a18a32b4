"""Blocks of members: a function of one member, compiled to many members on many devices.

A block is always the same compiled program on the same number of members, padded at the end. That makes seed i bitwise
the same however many other seeds and devices there are: XLA programs for different batch sizes differ in the last bits,
and training amplifies that.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import jax
import numpy as np
from jaxtyping import Int, PyTree

from lstm_toys import forks

Devices: TypeAlias = jax.sharding.Mesh | jax.sharding.AbstractMesh
"""Devices in a row; abstract ones, for what is lowered and not compiled."""

BLOCK = 4
"""Members in a block where nothing is known of the work; see `default_block`."""

GROUP_MEMBERS = 64
"""Members that one device holds at a time, at most, but for one block: the bound on memory."""


def default_block(values: int, *, in_turn: bool = False) -> int:
    """How many members a block should have: on a CPU as few as lose nothing, on an accelerator many.

    Measured on a CPU with 100 points: with one curve four members of 8 or 16 units are best, and two of 32 or more,
    whose weights still fit into the first-level cache; with 50 curves one member is. With several curves in turn four
    members of 8 units are, and one of more.

    Args:
        values: of the widest layer's hidden state, curves at once x time points x units.
        in_turn: whether there are more curves, one after the other.
    """
    if jax.default_backend() != "cpu":
        return 256
    if in_turn:
        return 4 if values <= 800 else 1
    return 4 if values <= 1_600 else 2 if values <= 40_000 else 1


def mesh() -> jax.sharding.Mesh:
    """All devices in a row, along the axis ``device``."""
    forks.check()
    return jax.make_mesh((jax.device_count(),), ("device",), axis_types=(jax.sharding.AxisType.Auto,))


def place(members: PyTree, mesh: jax.sharding.Mesh) -> PyTree:
    """Puts blocks of members on the devices, an equal share on each."""
    return jax.device_put(members, jax.sharding.NamedSharding(mesh, jax.P("device")))


def spread(
    function: Callable[..., Any], mesh: Devices, *, batch: Callable[..., Any] = jax.vmap, donate: bool = False
) -> jax.stages.Wrapped:
    """Compiles a function of one member to one of many blocks of members.

    Args:
        function: from one member's pytree, and further arguments that all members share.
        mesh: the devices, in a row.
        batch: what maps the function over the members of a block.
        donate: give the members' memory to the result.

    Returns:
        A jitted function whose first argument has two leading axes: blocks, a multiple of the number of devices, and N.
    """

    def on_device(blocks: PyTree, *shared: PyTree) -> PyTree:
        return jax.lax.map(batch(lambda member: function(member, *shared)), blocks)

    def on_devices(blocks: PyTree, *shared: PyTree) -> PyTree:
        in_specs = (jax.P("device"), *(jax.P() for _ in shared))
        mapped = jax.shard_map(on_device, mesh=mesh, in_specs=in_specs, out_specs=jax.P("device"), check_vma=False)
        return mapped(blocks, *shared)

    return jax.jit(on_devices, donate_argnums=0 if donate else ())


def members_in_turn(function: Callable[..., Any]) -> Callable[..., Any]:
    """Maps a function over members in turn, for what must not be batched."""
    return partial(jax.lax.map, function)


def member(params: PyTree) -> PyTree:
    """The shapes of ONE member's arrays, of arrays whose leading axis is that of members."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), params)


def group_size(members: int, block: int, device_count: int, workers: int = 1) -> int:
    """Members that the devices of a process hold together: see `GROUP_MEMBERS`; all groups are of about one size.

    Args:
        members: their number.
        block: members of a block.
        device_count: devices of a process.
        workers: processes that share the groups; each gets at least one if there are enough members.
    """
    blocks = -(-members // block)
    group_count = -(-blocks // (device_count * max(1, GROUP_MEMBERS // block)))
    size = device_count * -(-blocks // (device_count * group_count)) * block
    return min(size, device_count * -(-blocks // (device_count * max(1, workers))) * block)


def groups(members: int, size: int, block: int, device_count: int) -> Iterator[Int[np.ndarray, "blocks N"]]:
    """Splits members into groups of blocks, all of one shape, that fill the devices evenly.

    Args:
        members: their number.
        size: members of a group.
        block: members of a block.
        device_count: the number of blocks is a multiple of this.

    Yields:
        Member numbers, from 0; those past the group's size, or past the last member, are padding, to be computed and
        dropped.
    """
    blocks = device_count * -(-size // (device_count * block))
    for first in range(0, members, size):
        yield first + np.arange(blocks * block).reshape(blocks, block)


def flat(blocks: PyTree) -> PyTree:
    """Merges the axes of blocks and of members in a block, on the host."""
    return jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:]), blocks)
