"""Settings at which an experiment is audited, each list written out."""

import enum
from collections import Counter
from dataclasses import replace
from typing import Annotated

import pytest
from pydantic import Field

from mfsolve.experiments import Arm, Case, Experiment, Frozen
from mfsolve.study.audit.audit_design import base_case, bounds, changed, designed, size_setting, without_default


def number(kind, **constraints):
    class Held(Frozen):
        x: kind = Field(**constraints)

    return Held.model_fields["x"]


@pytest.mark.parametrize(
    ("kind", "constraints", "default", "expected"),
    [
        # four times the default to each side where nothing is declared, of one at least
        (float, {}, 5.0, (1.25, 25.0)),
        (float, {}, 0.5, (0.125, 4.5)),
        (float, {}, 0.0, (-4.0, 4.0)),
        (float, {}, -2.0, (-10.0, 6.0)),
        (int, {}, 8, (2.0, 40.0)),
        # closed ends, however far
        (float, {"ge": 0.0, "le": 1.0}, 0.5, (0.0, 1.0)),
        (float, {"ge": -9.0, "le": 100.0}, 2.0, (-9.0, 100.0)),
        # open ones by a thousandth of their distance
        (float, {"gt": 0.0, "lt": 2.0}, 0.5, (0.0005, 1.9985)),
        (float, {"gt": 1.0, "lt": 2.0}, 1.25, (1.00025, 1.99925)),
        (int, {"gt": 0, "lt": 9}, 4, (1.0, 8.0)),
        # a whole number does not go further up than without a declaration, that its work stays small
        (int, {"ge": 1, "le": 10**9}, 4, (1.0, 20.0)),
        (int, {"ge": 1, "le": 7}, 4, (1.0, 7.0)),
        # a default beyond the end
        (float, {"le": 0.1}, 0.5, (0.1, 0.1)),
        (float, {"ge": 9.0}, 0.5, (4.5, 4.5)),
    ],
)
def test_ends_of_ranges(kind, constraints, default, expected):
    found = bounds(number(kind, **constraints), default)
    assert found == pytest.approx(expected, rel=1e-15)
    assert found[0] == expected[0]


class Way(enum.Enum):
    ONE = "one"
    TWO = "two"
    THREE = "three"


class Parameters(Frozen):
    quick: bool = Field(True, description="flag")
    rate: float = Field(0.5, ge=0.0, le=1.0, description="rate")
    dt: float = Field(0.4, ge=0.0, le=0.8, description="step")
    way: Way = Field(Way.TWO, description="way")
    text: str = Field("x", description="text")


class Settings(Frozen):
    count: int = Field(3, ge=1, le=4, description="count")


class Population(Frozen):
    agents: int = Field(1000, ge=1, description="agents")
    share: float = Field(0.25, ge=0.0, le=1.0, description="a share")


class Record(Frozen):
    every: int = Field(2, ge=1, description="record")


ARM = Arm(settings=Settings)
EXPERIMENT = Experiment(
    name="e", title="e", parameters=Parameters, population=Population, record=Record, arms={"a": ARM}, section="ways",
    finer_downward=frozenset({"parameters.dt", "ways.count"}), toy={"population.agents": 20, "grid.parameters.dt": [0.1]},
)  # fmt: skip
CASE = base_case(EXPERIMENT, "a")


def test_a_case_has_toy_sizes_and_defaults_and_the_middle_where_there_are_none():
    assert (Parameters(), Settings(), Population(agents=20), Record(), "a") == (
        CASE.parameters,
        CASE.arm,
        CASE.population,
        CASE.record,
        CASE.rule,
    )

    class Needs(Frozen):
        whole: int = Field(ge=2, le=9, description="whole")
        share: float = Field(ge=0.0, le=0.5, description="share")
        free: float = Field(description="free")

    arm = Arm(settings=Needs, toy={"share": 0.125, "of_others": 3})
    case = base_case(replace(EXPERIMENT, arms={"a": ARM, "b": arm}), "b")
    # of one, where nothing is declared: a quarter to five
    assert case.arm == Needs(whole=3, share=0.125, free=2.625)
    assert type(case.arm.whole) is int

    class Lists(Frozen):
        shares: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...] = Field(min_length=2, description="shares")
        counts: tuple[int, ...] = Field(description="counts")

    listed = Arm(settings=Lists)
    case = base_case(replace(EXPERIMENT, arms={"a": listed}), "a")
    assert case.arm == Lists(shares=(0.5, 0.5), counts=(2,))
    assert without_default(replace(EXPERIMENT, arms={"a": listed}), "a") == ["shares", "counts"]
    assert without_default(replace(EXPERIMENT, arms={"a": replace(listed, toy={"counts": (1,)})}), "a") == ["shares"]
    assert without_default(EXPERIMENT, "a") == []

    def check(case):
        raise ValueError(f"agents: {case.population.agents} given")

    with pytest.raises(ValueError, match="agents: 20 given"):
        base_case(replace(EXPERIMENT, arms={"a": replace(ARM, check=check)}), "a")


def test_every_change_of_a_design():
    found = list(designed(EXPERIMENT, CASE))
    assert found[:14] == [
        (("parameters.quick", False),), (("parameters.way", Way.ONE),), (("parameters.way", Way.THREE),), (),
        (("parameters.rate", 0.0),), (("parameters.rate", 1.0),),
        (("parameters.dt", 0.1),), (("parameters.dt", 0.8),),  # no finer than a quarter: the work grows
        (("arm.count", 1),), (("arm.count", 4),),
        (("population.agents", 1),), (("population.agents", 20),),  # no more than the toy size
        (("population.share", 0.0),), (("population.share", 1.0),),
    ]  # fmt: skip
    names = ["parameters.rate", "parameters.dt", "arm.count", "population.agents", "population.share"]
    points = found[14:]
    assert len(points) == 16
    assert all([name for name, _ in point] == names for point in points)
    # Sobol's points: one value of every number in each sixteenth of its range, four of each of four whole numbers
    columns = dict(zip(names, zip(*([value for _, value in point] for point in points))))
    for name, (low, high) in (("parameters.rate", (0.0, 1.0)), ("parameters.dt", (0.1, 0.8))):
        assert sorted(columns[name]) == pytest.approx([low + k / 16 * (high - low) for k in range(16)])
    assert Counter(columns["arm.count"]) == {1: 4, 2: 4, 3: 4, 4: 4}
    assert set(map(type, columns["arm.count"])) == {int}
    assert sorted(columns["population.agents"]) == [1 + int(k / 16 * 20) for k in range(16)]
    # steps of 1 at the least, also where a quarter of the default would be finer
    larger = Case(CASE.parameters, Settings(count=4), CASE.population, CASE.record, "a")
    coarse = replace(EXPERIMENT, finer_downward=frozenset({"ways.count"}))
    assert (("parameters.dt", 0.0),) in designed(coarse, larger)
    wide = Arm(settings=type("Wide", (Frozen,), {"__annotations__": {"count": int}, "count": Field(8, ge=1, le=9)}))
    case = Case(CASE.parameters, wide.settings(), CASE.population, CASE.record, "a")
    assert [
        value for ((name, value),) in filter(lambda c: len(c) == 1, designed(EXPERIMENT, case)) if name == "arm.count"
    ] == [2, 9]


def test_without_numbers_the_defaults_are_tried_alone():
    bare = Experiment(name="e", title="e", parameters=Frozen, arms={"a": Arm()})
    assert list(designed(bare, base_case(bare, "a"))) == [()]


def test_a_changed_case_differs_in_what_is_changed_and_is_checked():
    seen = []
    arm = replace(ARM, check=seen.append)
    found = changed(arm, CASE, (("arm.count", 4), ("population.agents", 7), ("record.every", 5)))
    expected = Case(CASE.parameters, Settings(count=4), Population(agents=7), Record(every=5), "a")
    assert found == expected
    assert seen == [expected]
    assert changed(ARM, CASE, ()) == CASE
    with pytest.raises(ValueError, match=r"rate: 2.0 given"):
        changed(ARM, CASE, (("parameters.rate", 2.0),))


def test_the_number_of_agents():
    assert size_setting(EXPERIMENT, None) == "population.agents"
    assert size_setting(replace(EXPERIMENT, population=Settings), None) == "population.count"
    assert size_setting(replace(EXPERIMENT, population=Frozen), None) is None
    for asked in ("parameters.rate", "population.share"):
        assert size_setting(EXPERIMENT, asked) == asked
    for asked in ("population.agent", "record.every", "agents", "parameters.agents"):
        said = f"--size: '{asked}' given: unknown; known: population.agents, population.share"
        with pytest.raises(ValueError, match=f"^{said}$"):
            size_setting(EXPERIMENT, asked)
