"""What do LSTMs learn from a simple curve, and what do they do with a curve they never saw?

``import lstm_toys as lt`` reaches every public name, and loads modules on first use. docs/api/index.md groups the
names, and explains the letters in shapes such as ``[S, C, T, A]``. For example, two small networks learn one sine:

>>> import lstm_toys as lt
>>> x = lt.time_points(20)
>>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
>>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
>>> losses = trained.results.training.train_loss
>>> (losses[:, -1] < losses[:, 0]).values.tolist()
[True, True]
"""

from lstm_toys.modules import note_opened_files
from lstm_toys.namespaces import attach

note_opened_files()

__version__ = "0.3.0"

__getattr__, __dir__, _ = attach(__name__)  # Without `__all__`, which would make `help` print every name in full.
