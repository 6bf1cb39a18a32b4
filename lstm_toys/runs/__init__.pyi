from . import execution, experiment, folder, identity

__all__ = ["execution", "experiment", "folder", "identity"]
