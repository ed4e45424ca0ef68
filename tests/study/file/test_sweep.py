"""Everything that a study varies: places of a grid and of designs, and what each arm has of them."""

import tomllib

import numpy as np
import pytest
from support.urn import URN, study_of

from mfsolve.study.file import sweep as module
from mfsolve.study.file.designs import MADE, DesignKind
from mfsolve.study.file.source import RawArm, Source, StudyError
from mfsolve.study.file.sweep import Design, DesignSettings, Sweep, nested, read_sweep, values_of_list
from mfsolve.study.file.toml_text import as_toml

SOURCE = Source("s.toml")
ARMS = {"draws": RawArm("draws", {}), "counts": RawArm("counts", {})}


def read(raw, arms=ARMS, seed=5):
    return read_sweep(raw, URN, arms, seed, SOURCE)


def designed(kind, over, seed=5, **settings):
    return read({"design": {"kind": kind, "over": over, **settings}}, seed=seed).design


def said(raw, arms=ARMS):
    with pytest.raises(StudyError) as caught:
        read(raw, arms)
    return str(caught.value).removeprefix("s.toml: ")


ZIP = Design(
    DesignSettings(kind=DesignKind.ZIP), ("a.x", "a.y"),
    [{"a.x": 1, "a.y": 2}, {"a.x": 1, "a.y": 2}, {"a.x": 1.0, "a.y": 2}, {"a.x": 3, "a.y": 2}],
    {"a.x": [1, 1, 1.0, 3], "a.y": [2, 2, 2, 2]},
)  # fmt: skip


def test_places_of_a_design_are_its_rows_that_differ_in_their_order():
    assert [list(row.values()) for row in ZIP.places()] == [[1, 2], [1.0, 2], [3, 2]]
    assert [type(row["a.x"]) for row in ZIP.places()] == [int, float, int]
    assert not ZIP.drawn
    assert Design(DesignSettings(kind=DesignKind.RANDOM), (), [], {}).drawn
    assert ZIP.resolved() == {"kind": "zip", "over": {"a": {"x": [1, 1, 1.0, 3], "y": [2, 2, 2, 2]}}}


def test_places_are_every_combination_with_every_row_the_last_axis_first():
    sweep = Sweep({"b": [1, 2], "c": [5, 6]}, ZIP, {"c": frozenset({"one"}), "a.x": frozenset({"two"})})
    places = sweep.places()
    assert [tuple(place.values()) for place in places] == [
        (b, c, x, 2) for b in (1, 2) for c in (5, 6) for x in (1, 1.0, 3)
    ]
    assert sweep.axes == {"b": [1, 2], "c": [5, 6], "a.x": [1, 1.0, 3], "a.y": [2]}
    assert sweep.of("one", places[0]) == {"b": 1, "c": 5, "a.y": 2}
    assert sweep.of("two", places[0]) == {"b": 1, "a.x": 1, "a.y": 2}
    assert sweep.shared(places[0]) == {"b": 1, "a.y": 2}
    assert (sweep.together("a.y"), sweep.together("b")) == (("a.x", "a.y"), ("b",))
    assert sweep.resolved() == {"grid": {"b": [1, 2], "c": [5, 6]}, "design": ZIP.resolved()}
    alone = Sweep({"b": [1, 2]})
    assert (alone.places(), alone.axes) == ([{"b": 1}, {"b": 2}], {"b": [1, 2]})
    assert (alone.together("b"), alone.resolved()) == (("b",), {"grid": {"b": [1, 2]}})
    assert Sweep({}).places() == [{}]


def test_axes_as_tables():
    assert nested({"a.b.c": [1], "a.b.d": (2, 3), "e.f": {"range": 1}}) == {
        "a": {"b": {"c": [1], "d": [2, 3]}}, "e": {"f": {"range": 1}}
    }  # fmt: skip


def test_owners_are_those_of_the_grid_and_of_the_design():
    raw = {
        "grid": {"ways": {"size": [1, 2]}, "parameters": {"share": [0.5]}},
        "design": {"kind": "zip", "over": {"ways": {"depth": [3, 4]}, "population": {"balls": [5, 6]}}},
    }
    found = read(raw)
    assert found.owners == {"ways.size": frozenset({"draws"}), "ways.depth": frozenset({"counts"})}
    assert found.grid == {"ways.size": [1, 2], "parameters.share": [0.5]}
    assert found.design.axes == ("ways.depth", "population.balls")
    assert read({}) == Sweep({})


def test_a_zip_may_repeat_values_and_takes_ranges():
    over = {"parameters": {"share": {"linspace": [0.25, 0.75, 3]}, "steps": [2, 2, 3]}}
    found = designed("zip", over)
    assert found.rows == [
        {"parameters.share": share, "parameters.steps": steps} for share, steps in ((0.25, 2), (0.5, 2), (0.75, 3))
    ]
    assert found.over == {"parameters.share": [0.25, 0.5, 0.75], "parameters.steps": [2, 2, 3]}
    assert found.settings.seed is None


def test_one_at_a_time_moves_each_setting_to_both_ends_from_the_study_s_own_value():
    over = {"parameters": {"share": [0.1, 0.9]}, "population": {"balls": {"range": [5, 50], "scale": "log"}}}
    raw = {"parameters": {"share": 0.3}, "design": {"kind": "one_at_a_time", "over": over}}
    found = read(raw).design
    assert [tuple(row.values()) for row in found.rows] == [(0.3, 10), (0.1, 10), (0.9, 10), (0.3, 5), (0.3, 50)]
    assert found.over == {"parameters.share": [0.1, 0.9], "population.balls": over["population"]["balls"]}


CORNERS = np.array([[0.0], [0.24999], [0.25], [0.5], [0.75], [1.0]])


def placed(given, monkeypatch, section="parameters", key="share"):
    """Values of a knob at the places 0, just below 1/4, 1/4, 1/2, 3/4 and 1 of its range."""
    monkeypatch.setitem(MADE, DesignKind.RANDOM, lambda points, dimensions, seed: CORNERS)
    rows = designed("random", {section: {key: given}}, points=6).rows
    return [row[f"{section}.{key}"] for row in rows]


def test_places_in_a_box_are_those_of_the_unit_cube(monkeypatch):
    assert placed([2, 6], monkeypatch) == [2.0, 2.99996, 3.0, 4.0, 5.0, 6.0]
    assert placed({"range": [0.01, 100], "scale": "log"}, monkeypatch) == pytest.approx(
        [0.01, 0.1 * 10**-4e-5, 0.1, 1.0, 10.0, 100.0], rel=1e-6
    )
    assert placed([1, 4], monkeypatch, "population", "balls") == [1, 1, 2, 3, 4, 4]  # four equal parts
    assert placed({"range": [1, 16], "scale": "log"}, monkeypatch, "population", "balls") == [1, 2, 2, 4, 8, 16]
    assert placed({"choices": ["a", "b", "c", "d"]}, monkeypatch) == ["a", "a", "b", "c", "d", "d"]


def test_the_design_is_that_of_its_own_seed_or_of_the_ensemble_s():
    over = {"parameters": {"share": [0.0, 1.0], "steps": {"range": [1, 50]}}}
    for seed, own in ((5, {}), (7, {"seed": 7}), (0, {"seed": 0})):
        found = designed("random", over, points=4, **own)
        unit = MADE[DesignKind.RANDOM](4, 2, seed)
        assert [row["parameters.share"] for row in found.rows] == pytest.approx(unit[:, 0].tolist(), rel=1e-11)
        assert [row["parameters.steps"] for row in found.rows] == [1 + int(50 * u) for u in unit[:, 1]]
        assert found.settings.seed == seed  # written out: it stays where the ensemble's changes
        assert found.resolved()["seed"] == seed


def test_a_list_in_a_zip_may_repeat_a_value_and_what_is_none_is_refused():
    knob = module.knobs({"parameters": {"share": [1]}}, "design.over", URN, ARMS, SOURCE).__next__()[0]
    assert values_of_list(knob, [1, 1], SOURCE) == [1, 1]
    assert values_of_list(knob, {"linspace": [1, 2, 2]}, SOURCE) == [1.0, 2.0]
    for given in ([], 3):
        with pytest.raises(
            StudyError, match=r"^s\.toml: design\.over\.parameters\.share: .* a list of values is needed"
        ):
            values_of_list(knob, given, SOURCE)


OVER = {"parameters": {"share": [0.1, 0.9]}}
REFUSED = {
    "no table": ({"design": 3}, "design: a table is needed: [design], with kind, points, and [design.over]"),
    "key": ({"design": {"kind": "zip", "point": 3}}, "design.point: unknown key; did you mean points?"),
    "nothing": ({"design": {"kind": "zip"}}, "design.over: is missing; name what is varied: parameters.NAME = "),
    "few points": ({"design": {"kind": "random", "points": 1, "over": OVER}}, "design.points: 1 given; "),
    "seed": ({"design": {"kind": "random", "points": 2, "seed": -1, "over": OVER}}, "design.seed: -1 given; "),
    "large seed": ({"design": {"kind": "random", "points": 2, "seed": 2**63, "over": OVER}}, "design.seed: "),
    "both": ({"grid": OVER, "design": {"kind": "random", "points": 2, "over": OVER}},
             "design.over.parameters.share: is also an axis of the grid; use only one of them"),
    "unlike": ({"design": {"kind": "zip", "over": {"parameters": {"share": [0.1], "steps": [1, 2]}}}},
               "design.over: lists side by side must have one length; given: parameters.share 1, parameters.steps 2"),
    "no points": ({"design": {"kind": "random", "over": OVER}}, "design.points: is missing: kind = 'random' needs it"),
    "many points": ({"design": {"kind": "random", "points": 100_001, "over": OVER}},
                    "design.points: 100001 given: 100001 places; allowed: at most 100000"),
    "many rows": ({"design": {"kind": "saltelli", "points": 2**15, "over": {"parameters": {"share": [0.1, 0.9], "steps": [1, 9]}}}},
                  "design.points: 32768 given: 131072 places; allowed: at most 100000"),
    "ends": ({"design": {"kind": "one_at_a_time", "over": {"parameters": {"share": [0.1]}}}},
             "design.over.parameters.share: [0.1] given; [lowest, highest] is needed"),
    "no value": ({"design": {"kind": "one_at_a_time", "over": {"parameters": {"kind": [1, 2]}}}},
                 "design.over.parameters.kind: the study needs a base value from which it is varied: write kind in [parameters]"),
    "box": ({"design": {"kind": "random", "points": 2, "over": {"parameters": {"share": [0.9, 0.1]}}}},
            "design.over.parameters.share: [0.9, 0.1] given; [lowest, highest]"),
    "choices": ({"design": {"kind": "random", "points": 2, "over": {"parameters": {"kind": {"choices": []}}}}},
                "design.over.parameters.kind: [] given: a list of values"),
    "places": ({"grid": {"parameters": {"share": {"linspace": [0, 1, 251]}}, "population": {"balls": list(range(1, 401))}}},
               "grid: 100400 places; allowed: at most 100000"),
    "places by a design": ({"grid": {"parameters": {"share": {"linspace": [0, 1, 501]}}}, "design": {"kind": "zip", "over": {"population": {"balls": [1] * 200}}}},
                           "grid: 100200 places; allowed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case):
    raw, line = REFUSED[case]
    assert said(raw).startswith(line), said(raw)


def test_a_hundred_thousand_places_and_a_thousand_axes_are_the_most(monkeypatch):
    monkeypatch.setattr(module, "MOST_PLACES", 4)
    raw = {
        "grid": {"parameters": {"share": [0.1, 0.2]}},
        "design": {"kind": "zip", "over": {"population": {"balls": [1, 2]}}},
    }
    assert len(read(raw).places()) == 4
    assert len(designed("random", OVER, points=4).rows) == 4
    monkeypatch.setattr(module.designs, "MOST_DIMENSIONS", 1)
    designed("random", OVER, points=4)
    over = {"parameters": {"share": [0.1, 0.9], "steps": [1, 3]}}
    assert said({"design": {"kind": "random", "points": 2, "over": over}}) == "design.over: 2 axes; allowed: at most 1"


def test_design_settings_reach_their_ends():
    ends = DesignSettings(kind="random", points=2, seed=2**63 - 1)
    assert (ends.points, ends.seed) == (2, 2**63 - 1)
    assert DesignSettings(kind="random", seed=0).seed == 0


def test_points_of_a_study_are_one_for_every_arm_at_every_place_that_it_depends_on():
    study = study_of(
        {"ways": {"draws": {}, "counts": {}}, "grid": {"ways": {"size": [1, 2]}, "parameters": {"share": [0.5, 0.25]}}}
    )
    assert [point.label for point in study.points] == [
        "draws/size=1,share=0.5", "counts/share=0.5", "draws/size=1,share=0.25", "counts/share=0.25",
        "draws/size=2,share=0.5", "draws/size=2,share=0.25",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in DesignKind if kind is not DesignKind.ZIP])
def test_a_design_that_is_stored_is_the_same_design(kind):
    """Its rows follow the order of its axes, however ranges are written."""
    over = {"parameters": {"share": {"range": [0.2, 0.9], "scale": "log"}, "steps": [2, 9]}}
    raw = {
        "parameters": {"share": 0.3}, "ways": {"draws": {}}, "ensemble": {"replicates": 2},
        "design": {"kind": kind, "over": over, "points": 4},
    }  # fmt: skip
    first = study_of(raw)
    again = study_of(tomllib.loads(as_toml(first.resolved)))
    assert list(first.axes) == ["parameters.share", "parameters.steps"]
    assert [point.key for point in again.points] == [point.key for point in first.points]
    assert list(again.axes) == list(first.axes)
