from . import (
    answering,
    blocks,
    checkpoints,
    course,
    devices,
    footprint,
    interruption,
    numerics,
    programs,
    progress,
    states,
    train,
)

__all__ = [
    "answering",
    "blocks",
    "checkpoints",
    "course",
    "devices",
    "footprint",
    "interruption",
    "numerics",
    "programs",
    "progress",
    "states",
    "train",
]
