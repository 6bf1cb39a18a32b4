from . import arrays, storage, summary

__all__ = ["arrays", "storage", "summary"]
