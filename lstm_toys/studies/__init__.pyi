from . import claims, generalization, sweep

__all__ = ["claims", "generalization", "sweep"]
