"""A small, lively market of agents for tests."""

from mfsolve.models.agents import path as paths
from mfsolve.models.agents.parameters import Parameters, Population

LIVELY = Parameters(  # a shock within a dozen periods, all four actions in use
    ai_initial=0.2, ai_technical_learning=0.9, ai_creative_learning=0.7, exploration=0.3, outside_income=0.3,
    quality_weight=8.0, price_sensitivity=4.0, outside_utility=0.0,
)  # fmt: skip
SMALL = Population(creators=8, ai_firms=2, consumers=120, periods=12, landmark=5)


def run(p, size, scenario, market, seed=3, replicate=5, threads=1):
    """Path and agents after it."""
    found = paths.agents_of(p, size, scenario, size.scale, seed, replicate, threads)
    return paths.evolve(found, market(found), scenario, size.periods, size.landmark), found
