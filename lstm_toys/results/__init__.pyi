from . import arrays, population, storage, summary

__all__ = ["arrays", "population", "storage", "summary"]
