from . import execution, experiment, folder, identity, life, report

__all__ = ["execution", "experiment", "folder", "identity", "life", "report"]
