"""State of the agent-based market as its kernels take it: bits of a creator, places of counts and sums, records.

A creator's state is one byte: its action, and what it has done before.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STAY, RESKILL, ADOPT, EXIT = 0, 1, 2, 3
ACTION = np.uint8(3)  # the bits of a creator's state that hold its action
CREATIVE = np.uint8(4)  # the bit that says whether it last sold at least as much to creative demand
RESKILLED = np.uint8(8)  # the bit that says whether it has ever re-skilled by choice, not by chance
EARLY = np.uint8(16)  # the bit that says whether it had at the landmark
CHOSEN = np.uint8(32)  # the bit that says whether the action is its choice, not chance

# places in the counts (14,) and sums (6,) of a period
BACK, LEFT, OWN, ADOPTED, SQUARES, FIRM_SALES, FIRM_SQUARES = 4, 5, 6, 7, 8, 9, 10
OWN_RESKILLED, EARLY_INSIDE, EARLY_ALL = 11, 12, 13
TECHNICAL, CREATIVE_SKILL, EARNED, REWARDS, SURPLUS, MEDIAN = 0, 1, 2, 3, 4, 5
COUNTS, SUMS = 14, 6


class Rules(NamedTuple):
    """The constants of a market; rewards are in units of the opening profit."""

    theta: float  # weight of quality in utility
    burden: float  # price sensitivity times human price, plus the utility of taking no offer
    human_price: float
    ai_price: float
    human_margin: float
    ai_margin: float
    move: float  # share of skill that re-skilling takes away
    exchange: float  # what arrives of it
    gamma: float
    income: float  # reward out of the market
    reskilling_cost: float
    adoption_cost: float
    visibility: float  # chance of an AI firm to be seen, over a creator's
    final: bool = False  # whether nobody who has left by choice comes back


class Stream(NamedTuple):
    """Random numbers of one purpose in one period, for the agents from `lane` on."""

    key: NDArray[np.uint64]
    step: np.uint64
    replicate: np.uint64
    lane: np.uint64


class Creators(NamedTuple):
    """The states of n creators."""

    state: NDArray[np.uint8]  # (n,), see ACTION and CREATIVE
    t: NDArray[np.float64]  # (n,), technical skill
    c: NDArray[np.float64]  # (n,), creative skill
    q: NDArray[np.float64]  # (n, 4), value of every action


class Sellers(NamedTuple):
    """The sellers that consumers look at, and the number of looks of each consumer."""

    creators: int
    firms: int
    visibility: float
    looks: int


class Keys(NamedTuple):
    """Keys of what a period draws."""

    action: NDArray[np.uint64]
    technical: NDArray[np.uint64]
    creative: NDArray[np.uint64]


class Now(NamedTuple):
    """The values of one period that change from period to period."""

    step: np.uint64
    replicate: np.uint64
    epsilon: float  # chance of a random action
    unit: float  # the opening profit
    alpha: float  # step of Q-learning; 0 in the opening period
    ai_weight: NDArray[np.float32]  # (2,), of an AI offer to technical and to creative demand


class Schedule(NamedTuple):
    """The values of n periods in a row, from period `first` on."""

    first: int
    replicate: np.uint64
    epsilon: NDArray[np.float64]  # (n,)
    unit: float
    alpha: float
    ai_weight: NDArray[np.float32]  # (n, 2)


class Demand(NamedTuple):
    """Numbers of AI firms, of looks and of consumers; the first `technical` consumers are technical demand."""

    firms: int
    looks: int
    technical: int
    consumers: int


class Books(NamedTuple):
    """Room for a period's offers and sales, technical and creative, slot by slot."""

    weight: NDArray[np.float32]  # (2, creators + firms)
    sales: NDArray[np.int32]  # (2, creators + firms + 1)
    revenue: NDArray[np.float64]  # (creators,)
