"""Networks of models that train on one another: errors by generation, and collapse by the graph (MODEL 9.11)."""

from collections.abc import Collection, Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import SIDE_BY_SIDE, Arm, Case, Experiment, Output, Reference, Views
from mfsolve.models.atlas.edges import Edges
from mfsolve.models.atlas.network_paths import gaussian_paths, linear_paths
from mfsolve.models.atlas.networks import (
    MOST_EXACT,
    Network,
    closed_classes,
    gaussian_network_closed_form,
    linear_network_closed_form,
)
from mfsolve.models.atlas.random_networks import Family, Wiring, drawn_network
from mfsolve.models.atlas.simulated_collapse import compare
from mfsolve.models.frozen import Frozen

PATH = ("generation",)
AT_ONCE = 2**23
"""Items of the replicates of one call: some tenths of a second."""
REFITS = 20
"""Squared errors in sight, in units of what one refit adds."""


class NetworkParameters(Frozen):
    """Data of a refit, and a network of the user's own (MODEL 9.11)."""

    FILES = ("edges",)

    items: int = Field(100, ge=2, le=10**6, description="items that a model is fitted to in a generation")
    edges: Edges | None = Field(None, description="table of source, target, weight, of networks with family = edges")


class Generations(Frozen):
    """Length of a path, and size of a batch of random digraphs."""

    generations: int = Field(60, ge=2, le=100_000, description="generations T")
    digraphs: int = Field(100, ge=1, le=10**6, description="random digraphs of a replicate")


class Digraphs(Frozen):
    """Law of the random digraphs."""

    most: int = Field(6, ge=1, le=50, description="largest number of models")


def network_of(case: Case) -> Network:
    """Network of a case: the user's own, or one of a random family."""
    if case.arm.family is Family.EDGES:
        assert case.parameters.edges is not None
        own: Network = case.parameters.edges.network
        return own
    return drawn_network(case.arm)


def check(case: Case) -> None:
    """Refuse a network from a file without the file, and more sources than models.

    Raises
    ------
    ValueError
        Naming the key.
    """
    if case.arm.family is Family.EDGES and case.parameters.edges is None:
        raise ValueError("family: 'edges' given; allowed: with parameters.edges, a table of source, target, weight")
    case.arm.check()


def linear_many(case: Case, seed: int, replicates: range, threads: int) -> Arrays:
    """Linear models of consecutive replicates, side by side."""
    network, size, p = network_of(case), case.population, case.parameters
    return with_ends(
        linear_paths(network, 1.0 / p.items, size.generations, seed, replicates=replicates, threads=threads)
    )


def gaussian_many(case: Case, seed: int, replicates: range, threads: int) -> Arrays:
    """Gaussian models of consecutive replicates, side by side."""
    network, size, p = network_of(case), case.population, case.parameters
    return with_ends(gaussian_paths(network, p.items, size.generations, seed, replicates=replicates, threads=threads))


def side_by_side(case: Case) -> int:
    """Replicates of one call: an item of a Gaussian model is a draw, a linear model is one and reads its sources."""
    network, size = network_of(case), case.population
    items = (
        network.models * case.parameters.items
        if case.rule == "gaussian"
        else 2 * network.models + network.rows.weights.size
    )
    return min(SIDE_BY_SIDE, max(1, AT_ONCE // int(size.generations * items)))


def with_ends(paths: Arrays) -> Arrays:
    """Paths of the outputs, and growth of the risk over the second half of the generations, per generation."""
    risk = paths["risk"]
    half = risk.shape[1] // 2
    kept = {name: values for name, values in paths.items() if name != "common"}
    return {**kept, "drift": (risk[:, -1] - risk[:, half - 1]) / (risk.shape[1] - half)}


def draw_linear(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Linear models of one replicate."""
    return {k: v[0] for k, v in linear_many(case, seed, range(replicate, replicate + 1), threads).items()}


def draw_gaussian(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Gaussian models of one replicate."""
    return {k: v[0] for k, v in gaussian_many(case, seed, range(replicate, replicate + 1), threads).items()}


def draw_digraphs(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Count random digraphs by what their graph and a simulation say."""
    counts = compare(case.population.digraphs, case.arm.most, seed, replicate)
    found = {"digraphs": case.population.digraphs, **counts._asdict()}
    return {name: np.asarray(float(value)) for name, value in found.items()}


def linear_outputs(case: Case) -> Mapping[str, Output]:
    """Errors of linear models along generations."""
    near = (0.0, REFITS / case.parameters.items)
    return {
        "risk": Output(PATH, "squared error of a model's mean, average over models", lowest=0.0, view=near),
        "disagreement": Output(PATH, "variance between models", lowest=0.0, view=near),
        "drift": Output((), "growth of the squared error per generation, second half"),
    }


def gaussian_outputs(case: Case) -> Mapping[str, Output]:
    """Errors of Gaussian models along generations."""
    return {
        **linear_outputs(case),
        "variance": Output(PATH, "variance of a model, average over models", lowest=0.0),
        "loss": Output(PATH, "squared W2 distance to human content, average over models", lowest=0.0),
    }


def digraph_outputs(case: Case) -> Mapping[str, Output]:
    """Counts of random digraphs."""
    return {
        "digraphs": Output((), "random digraphs"),
        "collapsing": Output((), "digraphs with a closed class of models without human data"),
        "contradictions": Output((), "digraphs whose simulation contradicts their graph"),
        "undecided": Output((), "digraphs whose simulation is inconclusive"),
    }


def solve(case: Case, threads: int) -> Arrays:
    """Count closed classes without human data, and the models that read from one."""
    found = closed_classes(network_of(case))
    return {"closed": np.asarray(float(len(found.classes))), "diverging": np.asarray(float(found.diverging.mean()))}


def solved(case: Case) -> Mapping[str, Output]:
    """Collapse as the graph decides it."""
    return {
        "closed": Output((), "closed classes of models without human data"),
        "diverging": Output((), "share of models that read from such a class, directly or not"),
    }


def exact_names(case: Case) -> Collection[str]:
    """Outputs with a closed form: none in networks too large for a covariance."""
    if network_of(case).models > MOST_EXACT:
        return ()
    return ("risk", "disagreement") if case.rule == "linear" else ("risk", "disagreement", "variance")


def moments(case: Case) -> Floats:
    """Exact moments (T, k) of the case's models."""
    network, T, items = network_of(case), case.population.generations, case.parameters.items
    return (
        linear_network_closed_form(network, 1.0 / items, T)
        if case.rule == "linear"
        else gaussian_network_closed_form(network, items, T)
    )


def exact(case: Case) -> Arrays:
    """Exact expectations of the outputs along generations."""
    if not exact_names(case):
        return {}
    risk, common, *variance = moments(case).T
    found = {"risk": risk, "disagreement": risk - common}
    return found if case.rule == "linear" else {**found, "variance": variance[0]}


def places(case: Case) -> Arrays:
    """Generations of the paths."""
    return {"generation": np.arange(1, case.population.generations + 1)}


def at_end(name: str, case: Case) -> float:
    """Exact expectation of an output at the last generation; NaN where none is known."""
    return float(exact(case)[name][-1]) if case.rule != "digraphs" and name in exact_names(case) else np.nan


def expected_drift(case: Case) -> float:
    """Exact growth of the risk per generation over the second half."""
    return float(with_ends({"risk": exact(case)["risk"][None]})["drift"][0])


EXPERIMENT = Experiment(
    name="atlas_networks",
    title="networks of models that train on one another",
    parameters=NetworkParameters,
    arms={
        "linear": Arm(
            Wiring, draw=draw_linear, draw_many=linear_many, side_by_side=side_by_side, drawn=linear_outputs,
            solve=solve, solved=solved, coordinates=places, reference=Reference(exact_names, exact), check=check,
            toy={"models": 6, "degree": 2},
        ),
        "gaussian": Arm(
            Wiring, draw=draw_gaussian, draw_many=gaussian_many, side_by_side=side_by_side, drawn=gaussian_outputs,
            solve=solve, solved=solved, coordinates=places, reference=Reference(exact_names, exact), check=check,
            toy={"models": 6, "degree": 2},
        ),
        "digraphs": Arm(Digraphs, draw=draw_digraphs, drawn=digraph_outputs, coordinates=places),
    },
    population=Generations,
    section="networks",
    word="network",
    path="generation",
    predictions={
        "risk": lambda case: at_end("risk", case),
        "disagreement": lambda case: at_end("disagreement", case),
        "variance": lambda case: at_end("variance", case),
        "drift": expected_drift,
    },
    views=Views(paths=("risk", "disagreement"), limit="closed form"),
    toy={"population.generations": 4, "population.digraphs": 2, "parameters.items": 10},
)  # fmt: skip
