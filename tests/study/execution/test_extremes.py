"""Settings beyond what is usual, sizes that are many all together, and cases between the usual one and these."""

import math
from types import SimpleNamespace

import pytest
from pydantic import Field

from mfsolve.experiments import Arm, Case, Experiment, Frozen
from mfsolve.study.execution.extremes import Extreme, between, extremes


class Parameters(Frozen):
    rate: float = Field(1e-9, description="rate")
    signed: float = Field(-1.0, description="of either sign")
    free: float | None = Field(None, description="not given")
    none: float = Field(0.0, description="usually none")
    flag: bool = Field(False, description="flag")


class Sizes(Frozen):
    agents: int = Field(10, description="agents")
    items: int = Field(5, description="items")
    length: float = Field(2.0, description="no size")


class Own(Frozen):
    dt: float = Field(0.1, description="step")


class Record(Frozen):
    rows: int = Field(3, description="rows")


OWN = Experiment("e", "e", Parameters, {"a": Arm(settings=Own)}, Sizes, Record)


def strange(parameters=(), arm=(), population=(), record=()):
    case = Case(
        Parameters(**dict(parameters)), Own(**dict(arm)), Sizes(**dict(population)), Record(**dict(record)), "a"
    )
    return [(one.section, one.key, one.value, one.usual) for one in extremes(SimpleNamespace(case=case))]


def test_settings_beyond_what_is_usual():
    assert strange() == []  # a default is usual, however small
    assert strange({"signed": 1e8}) == [("parameters", "signed", 1e8, 1.0)]
    assert strange({"signed": -1e8}) == [("parameters", "signed", -1e8, 1.0)]
    assert strange({"signed": math.nextafter(1e8, 0.0)}) == strange({"signed": 1e-8}) == []
    assert strange(arm={"dt": -math.nextafter(1e-8, 0.0)}) == [("arm", "dt", -math.nextafter(1e-8, 0.0), 0.1)]
    assert strange({"signed": 0.0, "flag": True, "rate": 2e-9}) == [("parameters", "rate", 2e-9, 1e-9)]
    for name in ("free", "none"):
        assert strange({name: 1e9}) == [("parameters", name, 1e9, 1.0)]
    # the furthest first, wherever it stands
    assert strange({"signed": 1e9}, {"dt": 1e-12}, {"agents": 10**9, "items": 10**8}, {"rows": 10**12}) == [
        ("record", "rows", 10**12, 3.0),
        ("arm", "dt", 1e-12, 0.1),
        ("parameters", "signed", 1e9, 1.0),
        ("population", "agents", 10**9, 10.0),
        ("population", "items", 10**8, 5.0),
    ]


def test_sizes_that_are_many_all_together():
    """100 times as many agents and items each; smaller sizes and other numbers do not count."""
    many = {"agents": 1001, "items": 500, "length": 2e5}
    both = [("population", "agents", 1001, 10.0), ("population", "items", 500, 5.0)]
    assert strange(population=many, record={"rows": 1}) == both
    assert strange(population={**many, "agents": 999}) == []
    assert strange(population={"agents": 300, "items": 5000}) == [
        ("population", "items", 5000, 5.0),
        ("population", "agents", 300, 10.0),
    ]
    assert strange(population={"length": 2e7}) == []


def test_between_the_usual_and_what_is_set():
    large, small = Extreme("population", "agents", 1000, 10.0), Extreme("arm", "dt", -1e-5, 0.1)
    assert (large.name, small.name) == ("population.agents", "dt")
    assert (large.said, small.said) == ("population.agents = 1000", "dt = -1e-05")
    assert (large.ratio, small.ratio) == pytest.approx((100.0, 1e4))
    assert Extreme("arm", "dt", 1e-308, 1e300).ratio == math.exp(700.0)
    assert [large.between(part) for part in (0.0, 0.5, 1.0)] == pytest.approx([10.0, 100.0, 1000.0])
    assert [small.between(part) for part in (0.0, 0.5, 1.0)] == pytest.approx([-0.1, -1e-3, -1e-5])
    case = Case(Parameters(), Own(dt=-1e-5), Sizes(agents=1000), Record(), "a")
    found = between(OWN, case, [large, small], 0.25)
    assert (found.population, found.arm.dt) == (Sizes(agents=32), pytest.approx(-(10.0**-2.0)))  # 31.6
    assert found.parameters == case.parameters
    assert Extreme("arm", "dt", -0.01, 0.1).said == "dt = -0.01"
