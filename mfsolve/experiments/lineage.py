"""Lineage: bits of metadata, the content's own evidence and signatures, against forgers (MODEL 6.4)."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.data_deals.lineage import (
    LineageParameters,
    accepted,
    accuracy,
    attributed,
    estimated_contamination,
    lineage,
)
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import UNIT

BITS = (0, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32)
DIM = ("bits",)


class Pool(Frozen):
    """Items of a replicate."""

    items: int = Field(2000, ge=8, le=10**7, description="items that are attributed and tested")
    reference: int = Field(2000, ge=8, le=10**7, description="items of the pool whose contamination is estimated")


class Checks(Frozen):
    """Checks that the exchange makes before it pays."""

    content: bool = Field(False, description="items that look synthetic are not paid (estimator of section 3)")
    secret_bits: int = Field(0, ge=0, le=64, description="bits of a signature that a forger has to guess")


def draw(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Credited and leaked shares by bits of metadata."""
    p, pool = case.parameters, case.population
    share = estimated_contamination(p, pool.reference, seed, replicate)
    everything = (np.ones(pool.items), np.ones(pool.items))
    passes = accepted(p, share, pool.items, seed, replicate) if case.arm.content else everything
    rows = [lineage(p, attributed(p, bits, pool.items, seed, replicate), passes, case.arm.secret_bits) for bits in BITS]
    credited, leaked = np.array(rows).T
    return {
        "credited": credited, "leaked": leaked, "lineage": np.asarray(credited[-1]),
        "misattributed": np.asarray(1.0 - credited[BITS.index(16)]), "leak": np.asarray(leaked[-1]),
        "estimate": np.asarray(share),
    }  # fmt: skip


def drawn(case: Case) -> Mapping[str, Output]:
    """Curves by bits, and their ends."""
    return {
        "credited": Output(
            DIM,
            "share of human items whose pay reaches their creator",
            support=UNIT,
            view=(0.0, 1.02),
            trials=float(case.population.items),
        ),
        "leaked": Output(DIM, "share of pay that forgers get", support=UNIT, lowest=0.0),
        "lineage": Output((), "lineage r: that share with 32 bits of metadata", support=UNIT),
        "misattributed": Output((), "share of human items not credited to their creator, 16 bits", support=UNIT),
        "leak": Output((), "share of pay that forgers get", support=UNIT),
        "estimate": Output((), "estimated contamination of the pool", support=UNIT),
    }


def coordinates(case: Case) -> Arrays:
    """Bits of metadata along the curves."""
    return {"bits": np.array(BITS)}


def uncredited(case: Case) -> float:
    """Closed form of the misattributed share, 16 bits and no test of content."""
    return 1.0 - accuracy(16, case.parameters.noise, case.parameters.creators)


EXPERIMENT = Experiment(
    name="lineage",
    title="lineage by metadata, content and signatures, under forgery",
    parameters=LineageParameters,
    arms={"exchange": Arm(Checks, draw=draw, drawn=drawn, coordinates=coordinates)},
    population=Pool,
    section="exchanges",
    word="exchange",
    called={"bits": "metadata"},
    units={"bits": "bits"},
    predictions={"uncredited": uncredited},
    toy={"population.items": 200, "population.reference": 200, "parameters.creators": 16},
)
