from . import answering, blocks, checkpoints, course, devices, footprint, interruption, programs, progress, train

__all__ = [
    "answering",
    "blocks",
    "checkpoints",
    "course",
    "devices",
    "footprint",
    "interruption",
    "programs",
    "progress",
    "train",
]
