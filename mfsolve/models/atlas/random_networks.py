"""Random families of networks of models, sparse to a million of them, and random digraphs (MODEL 9.11)."""

import enum
import math
from functools import lru_cache

import numpy as np
from pydantic import Field

from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import require, whole
from mfsolve.models.frozen import Frozen

from .networks import MOST_MODELS, Network, network

LEAST_HUMAN, MOST_HUMAN = 0.2, 0.8
"""Share of human items of a model of a random digraph that has any."""
HUMAN = 0.4
"""Chance that a model of a random digraph has human items."""


class Family(enum.StrEnum):
    """Laws of who trains on whom."""

    ALONE = "alone"
    RING = "ring"
    ERDOS_RENYI = "erdos_renyi"
    SCALE_FREE = "scale_free"
    EDGES = "edges"


class Wiring(Frozen):
    """A network: its family and size, and the models that have human data (MODEL 9.11)."""

    family: Family = Field(Family.ERDOS_RENYI, description="who trains on whom; edges: the file of parameters.edges")
    models: int = Field(100, ge=1, le=MOST_MODELS, description="models n")
    degree: int = Field(4, ge=1, le=1000, description="number of sources of a model; in a random network, on average")
    human_models: float = Field(
        0.1, ge=0.0, le=1.0, description="share of the models that have human data, rounded up to whole models"
    )
    human_share: float = Field(0.2, gt=0.0, le=1.0, description="share of human items in the data of these models")
    wiring: int = Field(1, ge=0, le=2**63 - 1, description="seed of the network, the same for all replicates")

    def check(self) -> None:
        """Refuse more sources than there are other models.

        Raises
        ------
        ValueError
            Naming the degree.
        """
        chosen = self.family not in (Family.ALONE, Family.EDGES) and self.models > 1
        most = f"at most models - 1 = {self.models - 1}"
        require(not chosen or self.degree < self.models, "degree", self.degree, most)

    def network(self) -> Network:
        """Draw the network; the sources of a model have equal weights.

        Raises
        ------
        ValueError
            For the family `edges`, and for a degree that the models do not allow.
        """
        self.check()
        require(
            self.family is not Family.EDGES, "family", self.family.value, "a random family; edges are read from a file"
        )
        key = stream_key(self.wiring, "atlas.networks.wiring")
        random = np.random.Generator(np.random.Philox(key=key))
        n = self.models
        target, source = _edges(self.family, n, self.degree, random)
        idle = np.flatnonzero(np.bincount(target, minlength=n) == 0)
        target, source = np.concatenate([target, idle]), np.concatenate([source, idle])  # they train on themselves
        human = np.zeros(n)
        some = max(math.ceil(self.human_models * n - 1e-9), 1 if self.human_models > 0.0 else 0)
        human[random.permutation(n)[:some]] = self.human_share
        weight = ((1.0 - human) / np.bincount(target, minlength=n))[target]
        return network(n, target, source, weight, human)


@lru_cache(maxsize=64)
def drawn_network(wiring: Wiring) -> Network:
    """The network of a random family, drawn once."""
    return wiring.network()


def _edges(family: Family, n: int, degree: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Edges of a family, each once: targets and sources."""
    here = np.arange(n)
    if family is Family.ALONE or n == 1:
        return here, here
    if family is Family.RING:
        target = np.repeat(here, degree)
        return target, (target - 1 - np.tile(np.arange(degree), n)) % n
    if family is Family.ERDOS_RENYI:  # so many edges, any set of them as likely
        most = n * (n - 1)
        edges = np.empty(0, dtype=np.int64)
        while edges.size < n * degree:
            edges = np.unique(np.concatenate([edges, random.integers(0, most, n * degree - edges.size)]))
        target, place = np.divmod(edges, n - 1)
        return target, place + (place >= target)
    # popularity of model k falls as (k + 1)^(-1/2): readers have a power law of exponent 3 (Goh, Kahng and Kim 2001)
    target = np.repeat(here, degree)
    source = np.minimum((n * random.random(target.size) ** 2).astype(np.int64), n - 1)
    pairs = np.unique(target * n + source)
    return np.divmod(pairs, n)


def random_digraph(random: np.random.Generator, most: int) -> Network:
    """Draw a small digraph: 1 to `most` models, density 0.1 to 0.6, human items in some models, uneven weights.

    A model without sources has human items alone, or trains on itself.
    """
    n = int(random.integers(1, whole("most", most, 1, 50) + 1))
    edge = random.random((n, n)) < 0.1 + 0.5 * random.random()
    human = np.where(random.random(n) < HUMAN, LEAST_HUMAN + (MOST_HUMAN - LEAST_HUMAN) * random.random(n), 0.0)
    weight = np.where(edge, 0.5 + 0.5 * random.random((n, n)), 0.0)
    idle = ~edge.any(axis=1)
    human[idle & (human > 0.0)] = 1.0
    alone = np.flatnonzero(idle & (human == 0.0))
    weight[alone, alone] = 1.0
    total = weight.sum(axis=1)
    weight *= ((1.0 - human) / np.where(total > 0.0, total, 1.0))[:, None]
    target, source = np.nonzero(weight)
    return network(n, target, source, weight[target, source], human)
