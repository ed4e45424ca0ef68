"""An economy on a grid of skill, as the kernels of the transition take it."""

import numpy as np
from mfsolve.kernels.transition.choice import Economy, Grid, Motion

ECONOMY = Economy(1.1, 0.9, 1.4, 0.001, 0.03, 0.07, 0.05, 1.5)
ROW = np.array([0.45, 0.04, 2.0, 0.002, 0.001, 0.8, 0.0005, 0.03, 1.0])
MOTION = Motion(3e-3, 0.02, 4e-3, 0.08, 0.03, 0.7, 0.4, 2.5)
CELLS = 24
S = (np.arange(CELLS) + 0.5) / CELLS
H = 1.0 / CELLS
LOG_TALENT = np.log(S) + 1.5 * np.log(1.0 - S)
GRID = Grid(S, H, LOG_TALENT)


def closed(row=ROW):
    """The same conditions with adoption forbidden."""
    shut = row.copy()
    shut[8] = 0.0
    return shut
