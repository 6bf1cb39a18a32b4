from . import answers

__all__ = ["answers"]
