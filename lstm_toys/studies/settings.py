"""Settings of studies about something that a flag names, such as an experiment. Imports nothing heavy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from lstm_toys.runs import parsers
from lstm_toys.runs.experiment import Experiment, flags_of
from lstm_toys.runs.flags import FlagTable
from lstm_toys.runs.identity import Identity, Options


@dataclass(frozen=True, kw_only=True)
class StudySettings(Identity):
    """The settings of a study; the docstring of their module is the help of its command.

    Attributes:
        about: the flag that names a module, the name to which the module assigns the subject, and the subject's class.
    """

    about: ClassVar[tuple[str, str, type[Any]]]

    @classmethod
    @abstractmethod
    def flags_of(cls, subject: Any) -> FlagTable:
        """Returns the flags that are not fields, for a subject that a flag names."""

    @classmethod
    @abstractmethod
    def parse(cls, subject: Any, typed: Mapping[str, Any]) -> tuple[Any, Identity, Options]:
        """Makes the subject of the study, its settings and options; raises UsageError.

        Args:
            subject: what a flag names; the field of this name has the full name of the module.
            typed: the values of the flags that are in the command line, and of this field.
        """


@dataclass(frozen=True, kw_only=True)
class OfNetworks(StudySettings):
    """The settings of a study of an experiment's networks."""

    about = "task", "EXPERIMENT", Experiment

    task: Annotated[str, parsers.name] = field(default="sine", compare=False)
    """Experiment that trains the networks: {}, or your own module."""

    @classmethod
    def flags_of(cls, subject: Experiment) -> FlagTable:
        return flags_of(subject)
