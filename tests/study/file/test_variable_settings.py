"""Settings that a study varies: which there are, whose they are, and the values that a list or a range stands for."""

import re
from dataclasses import replace

import numpy as np
import pytest
from support.urn import URN, Counts, Draws, Parameters, Population

from mfsolve.models.frozen import Frozen
from mfsolve.study.file import variable_settings as module
from mfsolve.study.file.source import RawArm, Source, StudyError
from mfsolve.study.file.variable_settings import MOST_VALUES, Knob, bounds, is_range, knobs, plain, values_of

SOURCE = Source("s.toml")
SHARE = Knob("parameters.share", "parameters", "share", (Parameters,))
BALLS = Knob("population.balls", "population", "balls", (Population,))
ARMS = {"few": RawArm("draws", {"size": 1}), "many": RawArm("draws", {"size": 1}), "none": RawArm("counts", {})}


def said(ask, *arguments):
    """The complaint of a call that is refused."""
    with pytest.raises(StudyError) as caught:
        ask(*arguments)
    return str(caught.value)


def varied(given, arms=ARMS, experiment=URN):
    return list(knobs(given, "grid", experiment, arms, SOURCE))


def test_entries_are_the_knobs_of_their_sections_in_their_order():
    found = varied({"population": {"balls": [3]}, "parameters": {"share": [0.1], "steps": [2]}})
    assert found == [
        (BALLS, [3]),
        (SHARE, [0.1]),
        (Knob("parameters.steps", "parameters", "steps", (Parameters,)), [2]),
    ]


def test_a_setting_of_some_arms_is_theirs():
    ((knob, values),) = varied({"ways": {"size": [1, 2]}})
    assert (knob, values) == (
        Knob("ways.size", "ways", "size", (Draws, Draws), None, frozenset({"few", "many"})),
        [1, 2],
    )
    ((knob, _),) = varied({"ways": {"size": [1, 2]}}, {"few": ARMS["few"], "many": ARMS["many"]})
    assert knob.owners is None  # every arm has it


def test_a_setting_of_one_arm_stands_below_its_label():
    found = varied({"ways": {"few": {"size": [1], "bias": {"range": [0, 1]}}, "none": {"depth": [3]}}})
    assert [knob.axis for knob, _ in found] == ["ways.few.size", "ways.few.bias", "ways.none.depth"]
    assert found[0] == (Knob("ways.few.size", "ways", "size", (Draws,), "few", frozenset({"few"})), [1])
    assert found[1][1] == {"range": [0, 1]}
    assert found[2][0].kinds == (Counts,)
    ((alone, _),) = varied({"ways": {"few": {"size": [1]}}}, {"few": ARMS["few"]})
    assert (alone.label, alone.owners) == ("few", None)


def test_an_arm_called_as_a_setting_does_not_hide_its_range_or_list():
    arms = {"size": ARMS["few"]}
    for given in ({"range": [1, 3]}, [1, 2]):
        ((knob, values),) = varied({"ways": {"size": given}}, arms)
        assert (knob.axis, values) == ("ways.size", given)


class Tabled(Frozen):
    """Settings with a file."""

    FILES = ("table",)
    table: str | None = None


REFUSED = {
    "no table": (3, "grid: a table is needed, such as parameters.imitation = [0.4, 0.6]"),
    "section": (
        {"record": {"map": [True]}},
        "grid.record: unknown key; write parameters.NAME or population.NAME or ways.NAME = [values]",
    ),
    "no section": ({"ways": [1]}, "grid.ways: unknown key; write parameters.NAME or population.NAME or ways.NAME"),
    "key": ({"parameters": {"shar": [0.1]}}, "grid.parameters.shar: unknown key; did you mean share?"),
    "key of no arm": ({"ways": {"zzz": [1]}}, "grid.ways.zzz: unknown key; known: size, bias, size, bias, depth"),
    "key of another arm": ({"ways": {"none": {"size": [1]}}}, "grid.ways.none.size: unknown key; known: depth"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_nothing_has_is_refused(case):
    given, line = REFUSED[case]
    assert said(varied, given).startswith(f"s.toml: {line}")


def test_data_are_no_axis():
    line = said(varied, {"parameters": {"table": ["a.csv"]}}, ARMS, replace(URN, parameters=Tabled))
    assert line == "s.toml: grid.parameters.table: data cannot be an axis: write a study file for each"


def test_whole_numbers_are_those_of_every_kind_that_has_the_setting():
    assert BALLS.whole
    assert not SHARE.whole
    other = type("Other", (Frozen,), {"__annotations__": {"balls": float}, "balls": 1.0})
    assert not replace(BALLS, kinds=(Population, other)).whole


def test_the_value_of_a_knob_that_is_not_turned():
    size = Knob("ways.size", "ways", "size", (Draws, Draws), None, frozenset({"few", "many"}))
    assert SHARE.default({"parameters": {"share": 0.3}}, ARMS) == 0.3
    assert SHARE.default({}, ARMS) == 0.5  # its default
    assert BALLS.default({"population": {}}, ARMS) == 10
    assert size.default({"ways": {"size": 9}}, ARMS) == 1
    assert size.default({}, {"none": ARMS["none"], "few": RawArm("draws", {}), "many": RawArm("draws", {})}) == 2
    assert replace(size, owners=None).default({}, {"few": ARMS["few"], "many": ARMS["many"]}) == 1
    kind = Knob("parameters.kind", "parameters", "kind", (Parameters,))
    for knob, arms in (
        (size, {**ARMS, "many": RawArm("draws", {"size": 3})}),
        (replace(size, owners=None), {"few": ARMS["few"], "many": RawArm("draws", {"size": 3})}),
        (kind, ARMS),
    ):
        with pytest.raises(LookupError, match=knob.axis):
            knob.default({}, arms)


def values(given, knob=SHARE):
    return values_of(knob, given, "grid", SOURCE)


def test_a_list_and_ranges_with_both_ends():
    assert values([0.3, 1, "a"]) == [0.3, 1, "a"]
    assert values({"linspace": [0, 1, 5]}) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert values({"linspace": [1, 0, 2]}) == [1.0, 0.0]
    assert values({"logspace": [1e-2, 1e2, 3]}) == [0.01, 1.0, 100.0]
    assert values({"linspace": [0.1, 0.5, 5]}) == [0.1, 0.2, 0.3, 0.4, 0.5]  # as they are written
    assert values({"linspace": [-1, 1, 3]}) == [-1.0, 0.0, 1.0]
    found = values({"logspace": [10, 1000, 3]}, BALLS)
    assert found == [10, 100, 1000]
    assert all(isinstance(value, int) for value in found)


def test_whole_numbers_beyond_64_bits_are_numbers():
    assert values({"linspace": [0.1, 10**23, 2]}) == [0.1, 1e23]
    assert values({"linspace": [0, 2**70, 2]}, BALLS) == [0, 2**70]
    assert values({"logspace": [1, 10**308, 2]}) == [1.0, 1e308]
    assert bounds([-(10**23), 2**70], "design.over.x", SOURCE) == (-1e23, 2.0**70, False)
    assert bounds({"range": [5e-324, 10**308], "scale": "log"}, "design.over.x", SOURCE) == (5e-324, 1e308, True)


def test_computed_values_have_twelve_digits_or_are_whole():
    assert [plain(SHARE, 1 / 3), plain(SHARE, 2e9 / 3)] == [0.333333333333, 666666666.667]
    assert [plain(BALLS, value) for value in (2.4, 2.6, -0.6)] == [2, 3, -1]


SPACED = "[first, last, count] is needed, such as [0.1, 0.9, 5]"
COUNT = f"{SPACED}, with two ends that differ and a count in [2, {MOST_VALUES}]"
NO_VALUES = {
    "nothing": ([], "parameters.share: [] given: a list of values is needed, or { linspace = [first, last, count] }"),
    "a number": (0.5, "parameters.share: 0.5 given: a list of values is needed"),
    "twice": ([0.5, 0.25, 0.5], "parameters.share: 0.5 given twice: grid points must differ"),
    "two ranges": (
        {"linspace": [0, 1, 5], "logspace": [1, 2, 5]},
        "given; write { linspace = [first, last, count] } or logspace",
    ),
    "none": ({}, "parameters.share: {} given; write { linspace"),
    "a range": ({"range": [0, 1]}, "parameters.share: {'range': [0, 1]} given; write { linspace"),
    "no list": ({"linspace": 3}, f"parameters.share.linspace: 3 given; {SPACED}"),
    "two": ({"linspace": [0, 1]}, f"linspace: [0, 1] given; {SPACED}"),
    "four": ({"linspace": [0, 1, 2, 3]}, f"linspace: [0, 1, 2, 3] given; {SPACED}"),
    "text": ({"linspace": ["0", 1, 2]}, f"linspace: ['0', 1, 2] given; {SPACED}"),
    "truth": ({"linspace": [0, True, 3]}, f"linspace: [0, True, 3] given; {SPACED}"),
    "endless": ({"linspace": [0, float("inf"), 3]}, f"linspace: [0, inf, 3] given; {SPACED}"),
    "half a count": ({"linspace": [0, 1, 2.0]}, f"linspace: [0, 1, 2.0] given; {COUNT}"),
    "one": ({"linspace": [0, 1, 1]}, f"linspace: [0, 1, 1] given; {COUNT}"),
    "too many": ({"linspace": [0, 1, MOST_VALUES + 1]}, COUNT),
    "one place": ({"linspace": [1, 1, 3]}, f"linspace: [1, 1, 3] given; {COUNT}"),
    "beyond doubles": ({"linspace": [0, 10**400, 3]}, f"given; {SPACED}"),
    "beyond doubles below": ({"logspace": [1, -(10**400), 3]}, f"given; {SPACED}"),
    "a count beyond 64 bits": ({"linspace": [0, 1, 2**64]}, f"given; {COUNT}"),
    "one place of doubles": ({"linspace": [2**80, 2**80 + 1, 3]}, f"given; {COUNT}"),
    "apart": (
        {"linspace": [-1.7e308, 1.7e308, 3]},
        f"linspace: [-1.7e+308, 1.7e+308, 3] given; {SPACED}, with ends that are not as far apart",
    ),
    "zero": ({"logspace": [0, 1, 3]}, f"logspace: [0, 1, 3] given; {SPACED}, with positive ends"),
    "below zero": ({"logspace": [1, -1, 3]}, f"logspace: [1, -1, 3] given; {SPACED}, with positive ends"),
}


@pytest.mark.parametrize("case", NO_VALUES)
def test_what_stands_for_no_values_is_refused(case):
    given, line = NO_VALUES[case]
    found = said(values, given)
    assert line in found, found
    assert found.startswith("s.toml: grid.parameters.share")


def test_a_hundred_thousand_values_are_the_most(monkeypatch):
    assert said(values, [1] * 100_001) == "s.toml: grid.parameters.share: 100001 values given; allowed: at most 100000"
    assert said(values, {"linspace": [0, 1, 100_001]}).endswith("a count in [2, 100000]")
    assert said(values, [1] * 100_000).endswith("1.0 given twice: grid points must differ")
    monkeypatch.setattr(module, "MOST_VALUES", 3)
    assert values({"linspace": [0, 1, 3]}) == values([0.0, 0.5, 1.0]) == [0.0, 0.5, 1.0]
    assert "count in [2, 3]" in said(values, {"linspace": [0, 1, 4]})


def test_tables_that_stand_for_values():
    for table in ({"linspace": 1}, {"logspace": 1}, {"range": 1, "scale": "log"}, {"choices": 1}):
        assert is_range(table)
    for other in ({}, {"few": [1]}, [1, 2], "range"):
        assert not is_range(other)


def test_the_ends_of_a_range():
    assert bounds([0, 2], "design.over.x", SOURCE) == (0.0, 2.0, False)
    assert bounds({"range": [1, 2], "scale": "log"}, "design.over.x", SOURCE) == (1.0, 2.0, True)
    assert bounds({"range": [-1, 2], "scale": "linear"}, "design.over.x", SOURCE) == (-1.0, 2.0, False)


NO_RANGE = {
    "key": ({"range": [0, 1], "scal": "log"}, "x.scal: unknown key; did you mean scale?"),
    "none": ({}, "x: None given; [lowest, highest] is needed, or { range = [0.1, 10], scale = 'log' }"),
    "three": ([0, 1, 2], "x: [0, 1, 2] given; [lowest, highest] is needed"),
    "one": ([0], "x: [0] given; [lowest, highest] is needed"),
    "text": (["0", 1], "x: ['0', 1] given; [lowest"),
    "nan": ([float("nan"), 1], "x: [nan, 1] given; [lowest"),
    "numpy": (np.array([0, 1]), "given; [lowest"),
    "equal": ([1, 1], "x: [1, 1] given; [lowest"),
    "down": ([2, 1], "x: [2, 1] given; [lowest"),
    "beyond doubles": ([0, 10**400], "given; [lowest"),
    "beyond doubles below": ({"range": [-(10**400), 0], "scale": "log"}, "given; [lowest"),
    "equal doubles": ([2**80, 2**80 + 1], "given: ends that doubles tell apart are needed"),
    "apart": (
        [-1.7e308, 1.7e308],
        "x: [-1.7e+308, 1.7e+308] given: ends that doubles tell apart are needed, and not as far",
    ),
    "scale": ({"range": [1, 2], "scale": "lg"}, "x.scale: 'lg' given; allowed: linear, log"),
    "log of zero": ({"range": [0, 2], "scale": "log"}, "x: 0 given: a logarithmic range starts above 0"),
    "log of less": ({"range": [-1, 2], "scale": "log"}, "x: -1 given: a logarithmic range starts above 0"),
}


@pytest.mark.parametrize("case", NO_RANGE)
def test_what_is_no_range_is_refused(case):
    given, line = NO_RANGE[case]
    assert re.search(re.escape(line), said(bounds, given, "design.over.x", SOURCE))
