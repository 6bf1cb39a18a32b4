"""Base classes of the library's Flax modules: checked attributes, and a short `help`."""

import flax.linen as nn

from lstm_toys import arguments
from lstm_toys.networks import cells
from lstm_toys.networks.cells import InvalidModel


class Brief(type):
    """A metaclass whose `help` leaves out what every Flax module has, which takes a thousand lines."""

    def __dir__(cls) -> list[str]:
        own = [each for each in cls.__mro__ if each is not object and each.__module__.partition(".")[0] != "flax"]
        return sorted({name for each in own for name in vars(each)} - {*vars(nn.Module)} | {"__call__"})


class Layer(nn.Module, metaclass=Brief):
    """A recurrent layer of H units.

    Raises:
        InvalidModel: a ValueError: units are not a whole number above 0, or gates are unknown.
    """

    units: int

    def __post_init__(self) -> None:
        self.units = cells.units("units", self.units)
        gates = getattr(self, "gates", cells.GATES[0])
        if gates not in cells.GATES:
            raise InvalidModel(f"gates are {' or '.join(cells.GATES)}, not {arguments.brief(gates)}")
        super().__post_init__()
