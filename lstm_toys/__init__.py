"""What do LSTMs learn from a simple curve, and what do they do with a curve they never saw?

``import lstm_toys as lt`` reaches every public name, and loads modules on first use. docs/api/index.md groups the
names, and explains the letters in shapes such as ``[S, C, T, A]``. For example, two small networks learn one sine:

>>> import lstm_toys as lt
>>> x = lt.time_points(20)
>>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
>>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
>>> (trained.train_loss[:, -1] < trained.train_loss[:, 0]).tolist()
[True, True]
"""

import lazy_loader

__version__ = "0.2.0"

# Without `__all__`, which would make `help` print every public class and function in full.
__getattr__, __dir__, _ = lazy_loader.attach_stub(__name__, __file__)
