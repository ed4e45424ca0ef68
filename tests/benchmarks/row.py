"""A row of the table of peers: one piece of work, what does it here, what does it elsewhere, and what bounds both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Contender(NamedTuple):
    """One way to do a row's work.

    `call` does the share `share` of it; `error` says how far what a call returned is from the truth, in the row's own
    measure. Both sides of a row are given the same work, and their errors stand beside their times.
    """

    call: Callable[[], Any]
    error: Callable[[Any], float] | None = None
    share: float = 1.0


Maker = Callable[[int, int], Contender]
"""A contender for a size and a number of threads. Raises ImportError where its package is not installed."""


class Peer(NamedTuple):
    """Somebody else's way: its distribution on the package index, what of it is called, and its maker.

    `less` names the work that this peer leaves out and we do; `threaded` says that it can use several threads.
    """

    package: str
    uses: str
    make: Maker
    threaded: bool = False
    less: str = ""


@dataclass(frozen=True)
class Row:
    """One piece of work.

    Attributes
    ----------
    name : as `--only` knows it.
    work : what is done, for a reader; `{n}` stands for the size.
    error : what the errors measure; empty where both sides return the same bits.
    size, sizes : size of the comparison, and those that the exponent of cost is fitted over.
    ours : our maker.
    peers : theirs, the strongest first.
    limit : what bounds the work from below on this machine, and its maker.
    counted : what is counted instead of timed, such as evaluations: what a call returns has it as `cost`.
    threaded : whether the row is measured on all cores too.
    wall : whether it is timed by the wall clock on one core too, since it waits for the disk or for other processes.
    """

    name: str
    work: str
    error: str
    size: int
    ours: Maker
    peers: tuple[Peer, ...] = ()
    limit: tuple[str, Maker] | None = None
    sizes: tuple[int, ...] = ()
    threaded: bool = False
    wall: bool = False
    counted: str = ""
    seconds: float = 2.5


def z_score(value: float, mean: float, standard_error: float) -> float:
    """Distance from the truth in standard errors."""
    return abs(value - mean) / standard_error
