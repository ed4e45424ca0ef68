"""Random numbers of a user's own model: a NumPy generator that is a pure function of seed and replicate."""

import numpy as np


def generator(seed: int, replicate: int) -> np.random.Generator:
    """A generator of a replicate's own: the same numbers whenever, wherever and after whatever it is asked for.

    Parameters
    ----------
    seed, replicate : int
        As `draw` receives them, in [0, 2^63 - 1].

    Returns
    -------
    numpy.random.Generator
        Philox with (seed, replicate) as its key: streams of different replicates or seeds never meet.

    Examples
    --------
    >>> first, again, other = (generator(7, replicate).random() for replicate in (0, 0, 1))
    >>> first == again, first == other
    (True, False)
    """
    return np.random.Generator(np.random.Philox(key=np.array([seed, replicate], dtype=np.uint64)))
