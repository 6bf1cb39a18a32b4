"""What do LSTMs learn from a simple curve, and what do they do with a curve they never saw?

The stages, each of which imports only from those before it::

    files -> tasks, statistics -> execution -> networks -> populations -> dynamics -> results -> figures -> runs
    -> studies -> cli

Nothing is loaded before it is touched: ``import lstm_toys as lt`` costs nothing and reaches every public name.

Axis legend of every shape in this package:

====  ==========================================================================================
axis  meaning
====  ==========================================================================================
S     seed: one independently initialized network
M     member: one trained network, a seed under one setting of the hyper-parameters
N     block: a fixed number of members that one compiled program works on
C     curve: one function sampled at the time points
T     time point
F     feature: the values shown or asked for at one time point, (y) or (x, y)
A     feature of an answer, where it differs from F
H     unit of a layer
G     gate of a layer; of an LSTM 4H: all input, forget, cell and output gates, in this order; of a GRU 3H: z, r, h
R     recorded step
K     time point whose answers or states are returned, kept step, or setting
D     number in a flat state, which joins the states of all layers
U     constant input
P     state to start from
Q     what states come to under a constant input, such as a fixed point
L     Lyapunov exponent
W     angular frequency
E     what is read off next to the loss: the error of a feature, or an accuracy
====  ==========================================================================================

Time is the x of a curve, whose range and unit an experiment declares; curves and losses have no unit.

For example, two small networks learn one sine:

>>> import lstm_toys as lt
>>> x = lt.time_points(20)
>>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
>>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
>>> (trained.train_loss[:, -1] < trained.train_loss[:, 0]).tolist()
[True, True]
"""

import lazy_loader

from lstm_toys import forks as forks  # Sees every fork from here on.
from lstm_toys import opened

__version__ = "0.1.0"

opened.record()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
