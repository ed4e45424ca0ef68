"""Networks of models that train on one another: graph, criterion of collapse, exact moments (MODEL 9.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mfsolve.arrays import Floats, real
from mfsolve.kernels.atlas.networks import Rows, running_sums
from mfsolve.models.arguments import instance, number, numbers, require, vector, whole

MOST_MODELS = 10**6
MOST_EXACT = 2000
"""Models whose covariance is followed in closed form, a matrix of their number squared."""
SLACK = 1e-6
"""Distance of a row's sum from 1 that counts as rounding; such a row is divided by its sum."""


@dataclass(frozen=True, eq=False)
class Network:
    """Models, the shares W_ij of their items that others make, and the shares of human items.

    Attributes
    ----------
    rows : Rows
        Rows of W, compressed.
    human : ndarray (n,)
        Share of human items of every model; with its row of W it sums to 1.
    """

    rows: Rows
    human: Floats

    @property
    def models(self) -> int:
        """Number of models n."""
        return int(self.human.size)

    def matrix(self) -> Any:
        """W as a SciPy CSR array (n, n) without entries that are zero."""
        from scipy.sparse import csr_array

        edges = (self.rows.weights, self.rows.sources, self.rows.begin)
        found = csr_array(edges, shape=(self.models, self.models), copy=True)
        found.eliminate_zeros()
        return found


class ClosedClasses(NamedTuple):
    """Closed classes without human data, each an array of models, and the models (n,) that read from one, at last."""

    classes: tuple[NDArray[np.int64], ...]
    diverging: NDArray[np.bool_]


def network(models: int, target: ArrayLike, source: ArrayLike, weight: ArrayLike, human: ArrayLike) -> Network:
    """Build a network from edges: model target[e] takes the share weight[e] of its items from model source[e].

    Parameters
    ----------
    models : int
        n; models are numbered from 0.
    target, source : array (edges,) of int
    weight : array (edges,)
        In [0, 1].
    human : array (n,)
        Share of human items of every model, in [0, 1].

    Returns
    -------
    Network
        Rows sorted by target and source, weights normalised to sum to 1 with the human share.

    Raises
    ------
    ValueError
        For a model that is not there, a weight out of [0, 1], an edge given twice, a row that does not sum to 1.
    """
    n = whole("models", models, 1, MOST_MODELS)
    to, of = (_places(name, ends, n) for name, ends in (("target", target), ("source", source)))
    w, h = _flat("weight", numbers("weight", weight, "[0, 1]")), vector("human", human, "[0, 1]", n).copy()
    require(to.size == of.size == w.size, "weight", w.size, f"as many as targets ({to.size}) and sources ({of.size})")
    order = np.lexsort((of, to))
    to, of, w = to[order], of[order], w[order].copy()
    again = np.flatnonzero((np.diff(to) == 0) & (np.diff(of) == 0))
    require(again.size == 0, "source", int(of[again[0]]) if again.size else 0, "every source of a model once")
    total = h + np.bincount(to, weights=w, minlength=n)
    wrong = np.flatnonzero(np.abs(total - 1.0) > SLACK)
    if wrong.size:
        i = int(wrong[0])
        raise ValueError(f"weight: those of model {i} sum to {total[i]:g}, human items ({h[i]:g}) included; allowed: 1")
    begin = np.concatenate([[0], np.cumsum(np.bincount(to, minlength=n))]).astype(np.int64)
    w /= total[to]
    h = np.where(np.bincount(to, minlength=n) > 0, h / total, 1.0)
    upto = np.empty_like(w)
    running_sums(begin, w, h, upto)
    return Network(Rows(begin, of, w, upto), h)


def _flat(name: str, values: Floats) -> Floats:
    """A vector (edges,) that may be empty; one number stands for one edge."""
    require(values.ndim <= 1, name, values.shape, "a vector (edges,)")
    return values.ravel()


def _places(name: str, ends: ArrayLike, models: int) -> NDArray[np.int64]:
    """Ends of edges as whole numbers from 0 to n - 1."""
    found = _flat(name, real(name, ends, "whole numbers"))
    wrong = found[~((found >= 0.0) & (found < models) & (found == np.floor(found)))]
    if wrong.size:
        first = float(wrong[0])
        require(False, name, int(first) if first.is_integer() else first, f"models from 0 to {models - 1}")
    return found.astype(np.int64)


def closed_classes(network: Network) -> ClosedClasses:
    """Find what makes a network collapse: a closed class of models without human data (MODEL 9.11).

    A class is a strongly connected component of the graph of positive weights; it is closed if its models take items
    from it alone. The spectral radius of W is 1 if there is one, and smaller if there is none.

    Parameters
    ----------
    network : Network
        n models, and whose items each takes.

    Returns
    -------
    ClosedClasses
        Closed classes without human data, and the models that read from one, at last.

    Raises
    ------
    ValueError
        For anything but a network.
    """
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    instance("network", network, Network)
    graph = network.matrix()
    count, label = connected_components(graph, directed=True, connection="strong")
    readers, sources = graph.nonzero()
    is_open = np.zeros(count, dtype=bool)
    is_open[label[readers[label[readers] != label[sources]]]] = True
    is_open[label[network.human > 0.0]] = True
    members = np.flatnonzero(~is_open[label])
    order = members[np.argsort(label[members], kind="stable")]
    classes = tuple(np.split(order, np.flatnonzero(np.diff(label[order])) + 1)) if order.size else ()
    diverging = np.zeros(network.models, dtype=bool)
    if order.size:
        from scipy.sparse import csr_array, hstack, vstack

        start = np.zeros((1, network.models + 1))
        start[0, members] = 1.0  # one more node, from which every closed class is a step away
        column = csr_array((network.models, 1))
        found = breadth_first_order(
            csr_array(vstack([hstack([graph.T, column]), csr_array(start)])), network.models, return_predecessors=False
        )
        diverging[found[found < network.models]] = True
    return ClosedClasses(classes, diverging)


def lyapunov(network: Network, noise: ArrayLike) -> Floats:
    """Covariance V (n, n) of linear models at rest, V = W V W' + D (MODEL 9.11).

    Parameters
    ----------
    network : Network
        Without a closed class that has no human data.
    noise : float or array (n,)
        Variance of a refit, the diagonal of D.

    Returns
    -------
    ndarray (n, n)
        Symmetric, in human variances.

    Raises
    ------
    ValueError
        For a network that collapses, and for more than 2000 models.
    """
    from scipy.linalg import solve_discrete_lyapunov

    instance("network", network, Network)
    _small(network)
    found = closed_classes(network).classes
    if found:
        raise ValueError(
            f"network: models {found[0].tolist()[:5]} take items from one another alone; allowed: networks in which "
            "every closed class has human data"
        )
    given = numbers("noise", noise, "[0, inf)")
    require(
        given.shape in ((), (1,), (network.models,)), "noise", given.shape, f"a number or a vector ({network.models},)"
    )
    d = np.broadcast_to(given, network.models)
    return np.asarray(
        solve_discrete_lyapunov(network.matrix().toarray(), np.diag(d), method="bilinear"), dtype=np.float64
    )


def linear_network_closed_form(network: Network, noise: float, generations: int) -> Floats:
    """Second moments of linear models along generations, V' = W V W' + D from V = 0, exactly (MODEL 9.11).

    Parameters
    ----------
    network : Network
        n models; at most 2000 of them.
    noise : float
        Variance of a refit, in [0, inf).
    generations : int
        T, in [1, 10^6].

    Returns
    -------
    ndarray (T, 2)
        Mean over models of E theta_i^2, and E (mean of theta)^2, at generations 1, ..., T.

    Raises
    ------
    ValueError
        For an argument out of its range, and for more than 2000 models.
    """
    instance("network", network, Network)
    W = _small(network).matrix()
    d, V = number("noise", noise, "[0, inf)"), np.zeros((network.models, network.models))
    out = np.empty((whole("generations", generations, 1, 10**6), 2))
    for t in range(out.shape[0]):
        V = W @ (W @ V).T
        V[np.diag_indices_from(V)] += d
        out[t] = V.trace() / network.models, V.mean()
    return out


def gaussian_network_closed_form(network: Network, items: int, generations: int) -> Floats:
    """Moments of Gaussian models along generations, exactly (MODEL 9.11).

    M = E m m' and u = E v follow u' = W (u + diag M) + h - diag(W M W') and M' = W M W' + diag(u')/items.

    Parameters
    ----------
    network : Network
        n models; at most 2000 of them.
    items : int
        Items of a refit, in [2, 10^6].
    generations : int
        T, in [1, 10^6].

    Returns
    -------
    ndarray (T, 3)
        Mean over models of E m_i^2, E (mean of m)^2, and mean of E v_i, at generations 1, ..., T.

    Raises
    ------
    ValueError
        For an argument out of its range, and for more than 2000 models.
    """
    instance("network", network, Network)
    W, n = _small(network).matrix(), whole("items", items, 2, 10**6)
    M, u = np.zeros((network.models, network.models)), np.ones(network.models)
    out = np.empty((whole("generations", generations, 1, 10**6), 3))
    for t in range(out.shape[0]):
        pooled = W @ (W @ M).T
        u = W @ (u + M.diagonal()) + network.human - pooled.diagonal()
        M = pooled
        M[np.diag_indices_from(M)] += u / n
        out[t] = M.trace() / network.models, M.mean(), u.mean()
    return out


def _small(network: Network) -> Network:
    require(network.models <= MOST_EXACT, "network", network.models, f"at most {MOST_EXACT} models, for closed forms")
    return network
