"""Collapse of a network decided by simulation alone, and held against its graph on random digraphs (MODEL 9.11)."""

from typing import NamedTuple

import numpy as np

from mfsolve.kernels.atlas import networks as kernels
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, seed_word, whole

from .networks import Network, closed_classes
from .random_networks import random_digraph

LANES = 64
"""Independent paths of a network."""
EARLY, LATE = 128, 2048
"""Generations that are compared: squared errors at rest are equal, those of a random walk differ by a factor of 16."""
GROWTH = 4.0
"""Growth from one to the other that is collapse: the geometric mean of 1 and 16."""
MARGIN = np.sqrt(2.0)
"""Growth that is as near to that, by this factor, decides nothing."""


class Counts(NamedTuple):
    """Random digraphs that collapse by their graph, and those on which the simulation says otherwise, or nothing."""

    collapsing: int
    contradictions: int
    undecided: int


def growth(network: Network, seed: int, lane: int = 0, replicate: int = 0) -> float:
    """Squared errors of linear models after 2048 generations over those after 128, sums over models and 64 paths.

    1 where they are at rest, as after 128 generations in a network whose spectral radius is below 0.99; 16 where a
    class of models takes items from itself alone, whose common error is a random walk.

    Parameters
    ----------
    network : Network
    seed, lane, replicate : int
        Of the draws; networks of different `lane` or `replicate` are independent.
    """
    instance("network", network, Network)
    block, word = seed_word("lane", lane, 32), seed_word("replicate", replicate, 26) * np.uint64(LANES)
    squares = np.empty(2)
    draw = kernels.Draw(stream_key(seed, "atlas.networks.digraphs"), word, block, np.uint64(0))
    theta = np.zeros((network.models, LANES))
    kernels.linear_squares(draw, network.rows, np.ones(network.models), np.array([EARLY, LATE]), theta, squares)
    return float(squares[1] / squares[0])


def compare(digraphs: int, most: int, seed: int, replicate: int = 0) -> Counts:
    """Decide random digraphs of up to `most` models by graph and by simulation, and count (MODEL 9.11)."""
    key = stream_key(seed, "atlas.networks.random digraphs")
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, replicate]))
    by_graph, by_simulation, undecided = [], [], []
    for lane in range(whole("digraphs", digraphs, 1, 10**6)):
        network = random_digraph(random, most)
        by_graph.append(bool(closed_classes(network).classes))
        ratio = growth(network, seed, lane, replicate)
        by_simulation.append(ratio > GROWTH)
        undecided.append(GROWTH / MARGIN < ratio < GROWTH * MARGIN)
    graph, simulated, open_ones = np.array(by_graph), np.array(by_simulation), np.array(undecided)
    return Counts(int(graph.sum()), int(((graph != simulated) & ~open_ones).sum()), int(open_ones.sum()))
