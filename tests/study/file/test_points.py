"""Points of a study: what each is told, its key and seed, and arms that are refused."""

import pytest
from support.urn import URN, Counts, Draws, study_of

from mfsolve.study.file.points import SCHEMA, Point, swept
from mfsolve.study.file.settings import Ensemble, SeedSharing
from mfsolve.study.file.source import Source, StudyError, digest

GRID = {"parameters": {"share": [0.25, 0.5]}, "ways": {"size": [1, 2]}}


def points(raw, **ensemble):
    return swept(raw, URN, Ensemble(**ensemble), Source("s.toml"))[0]


def said(raw):
    with pytest.raises(StudyError) as caught:
        points(raw, common_random_numbers="all")
    return str(caught.value).removeprefix("s.toml: ")


def test_a_point_has_the_settings_of_its_arm_at_its_place():
    raw = {
        "parameters": {"steps": 7},
        "population": {"balls": 20},
        "record": {"map": True},
        "grid": GRID,
        "ways": {"few": {"rule": "draws", "bias": 0.5}, "counts": {"depth": 9}},
    }
    found = {point.label: point for point in points(raw, seed=3)}
    assert list(found) == [
        "few/share=0.25,size=1",
        "counts/share=0.25",
        "few/share=0.25,size=2",
        "few/share=0.5,size=1",
        "counts/share=0.5",
        "few/share=0.5,size=2",
    ]
    few = found["few/share=0.25,size=2"]
    assert (few.arm, few.coordinates) == ("few", {"parameters.share": 0.25, "ways.size": 2})
    assert few.case.arm == Draws(size=2, bias=0.5)
    assert few.case.rule == "draws"
    assert (few.case.parameters.share, few.case.parameters.steps) == (0.25, 7)
    assert (few.case.population.balls, few.case.record.map) == (20, True)
    assert few.identity == {
        "schema": SCHEMA,
        "model": "urn",
        "seed": few.seed,
        "ways": {"rule": "draws", "size": 2, "bias": 0.5},
        "parameters": {"share": 0.25, "steps": 7, "kind": "plain", "wide": [1]},
        "population": {"balls": 20},
        "record": {"map": True},
    }
    assert found["counts/share=0.5"].case.arm == Counts(depth=9)


def test_a_key_is_the_beginning_of_a_hash_of_what_decides_the_numbers():
    point = Point("a", {}, None, 3, {"b": 1, "a": [2]})
    assert point.key == digest({"a": [2], "b": 1})[:16]
    assert len(point.key) == 16
    assert point.label == "a"
    assert SCHEMA == 1  # keys of every stored run hold it


def test_the_first_rule_is_the_arm_of_a_study_that_names_none():
    (point,) = points({})
    assert (point.arm, point.label, point.case.rule) == ("draws", "draws", "draws")


@pytest.mark.parametrize("sharing", SeedSharing)
def test_seeds_are_shared_as_asked(sharing):
    raw = {"ways": {"few": {"rule": "draws"}, "counts": {}}, "grid": GRID}
    seeds = {point.label: point.seed for point in points(raw, seed=3, common_random_numbers=sharing)}

    def derived(*mark):
        return int(digest([3, *mark])[:15], 16)

    here = {"parameters.share": 0.25}
    if sharing is SeedSharing.ALL:
        assert set(seeds.values()) == {3}
    elif sharing is SeedSharing.POLICIES:  # at the part of a place that every arm has
        assert len(set(seeds.values())) == 2
        assert seeds["few/share=0.25,size=1"] == seeds["few/share=0.25,size=2"] == seeds["counts/share=0.25"]
        assert seeds["counts/share=0.25"] == derived({"place": here})
    else:
        assert len(set(seeds.values())) == len(seeds) == 6
        assert seeds["counts/share=0.25"] == derived({"place": here, "policy": "counts"})
        assert seeds["few/share=0.25,size=2"] == derived({"place": {**here, "ways.size": 2}, "policy": "few"})
    assert max(seeds.values()) < 2**60


def test_without_a_grid_arms_have_the_study_s_seed_or_one_each():
    raw = {"ways": {"draws": {}, "counts": {}}}
    assert [point.seed for point in points(raw, seed=3)] == [3, 3]
    alone = [point.seed for point in points(raw, seed=3, common_random_numbers="none")]
    assert alone == [int(digest([3, {"policy": arm}])[:15], 16) for arm in ("draws", "counts")]


WAYS_TO_WRITE = {
    "a real one in a list": ({"grid": {"parameters": {"share": [0.5, 1]}}}, {"grid": {"parameters": {"share": [0.5, 1.0]}}}),
    "a whole one": ({"grid": {"population": {"balls": [10.0]}}}, {"grid": {"population": {"balls": [10]}}}),
    "one of several whole ones": ({"grid": {"parameters": {"wide": [[1.0, 2]]}}}, {"grid": {"parameters": {"wide": [[1, 2]]}}}),
    "of one arm": ({"grid": {"ways": {"draws": {"bias": [3]}}}}, {"grid": {"ways": {"draws": {"bias": [3.0]}}}}),
    "side by side": ({"design": {"kind": "zip", "over": {"parameters": {"share": [1, 1]}, "population": {"balls": [3.0, 4]}}}},
                     {"design": {"kind": "zip", "over": {"parameters": {"share": [1.0, 1]}, "population": {"balls": [3, 4]}}}}),
    "choices": ({"design": {"kind": "sobol", "points": 2, "over": {"parameters": {"share": {"choices": [0.5, 1]}}}}},
                {"design": {"kind": "sobol", "points": 2, "over": {"parameters": {"share": {"choices": [0.5, 1.0]}}}}}),
    "where it is moved from": (
        {"parameters": {"share": 1}, "design": {"kind": "one_at_a_time", "over": {"parameters": {"share": [0.5, 0.75]}}}},
        {"parameters": {"share": 1.0}, "design": {"kind": "one_at_a_time", "over": {"parameters": {"share": [0.5, 0.75]}}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("sharing", SeedSharing)
@pytest.mark.parametrize("number", WAYS_TO_WRITE)
def test_points_are_the_same_however_a_number_is_written(number, sharing):
    ways = [points(raw, common_random_numbers=sharing) for raw in WAYS_TO_WRITE[number]]
    known = [[(p.label, p.seed, p.key, repr(p.coordinates)) for p in found] for found in ways]
    assert known[0] == known[1]
    assert known[0][0][3] != "{}"


def test_what_has_neither_form_is_refused_as_it_was_written():
    assert "parameters.share: True given" in said({"grid": {"parameters": {"share": [True]}}})
    assert "population.balls: 2.5 given" in said({"grid": {"population": {"balls": [2.5]}}})
    assert "parameters.share: '1' given" in said({"grid": {"parameters": {"share": ["1"]}}})
    assert "parameters.share: " in said({"grid": {"parameters": {"share": [10**400]}}})


REFUSED = {
    "section": ({"parameters": 3}, "parameters: a table is needed"),
    "record": ({"record": [1]}, "record: a table is needed"),
    "no arms": ({"ways": {}}, "ways: a table is needed, such as [ways.draws]"),
    "arms": ({"ways": 3}, "ways: a table is needed, such as [ways.draws]"),
    "arm": ({"ways": {"draws": 3}}, "ways.draws: a table is needed"),
    "rule": ({"ways": {"a": {"rule": "drws"}}}, "ways.a: unknown rule 'drws'; did you mean draws?"),
    "no rule": ({"ways": {"drws": {}}}, "ways.drws: unknown rule 'drws'; did you mean draws?"),
    "slash": ({"ways": {"a/b": {"rule": "draws"}}}, "ways.'a/b': a label needs letters or digits, and must not contain '/'"),
    "dots": ({"ways": {" .. ": {"rule": "draws"}}}, "ways.' .. ': a label needs letters"),
    "bell": ({"ways": {"a\a": {"rule": "draws"}}}, r"ways.'a\x07': a label needs letters"),
    "setting": ({"ways": {"few": {"rule": "draws", "size": 0}}}, "ways.few.size: 0 given; "),
    "parameter": ({"parameters": {"share": 2}}, "parameters.share: 2 given; "),
    "place": ({"grid": {"parameters": {"share": [0.5, 2]}}}, "grid: at {'parameters.share': 2.0}: parameters.share: 2.0 given; "),
    "arm at a place": ({"grid": {"ways": {"size": [0]}}}, "grid: at {'ways.size': 0}: ways.draws.size: 0 given; "),
    "together": ({"ways": {"draws": {"size": 11}}}, "size: 11 given; allowed: at most balls = 10"),
    "together at a place": ({"grid": {"population": {"balls": [1]}}},
                            "grid: at {'population.balls': 1}: size: 2 given; allowed: at most balls = 1"),
    "twins": ({"ways": {"draws": {}, "again": {"rule": "draws"}}}, "draws and again are the same point: arms and places must differ"),
    "equal places": ({"grid": {"parameters": {"share": [1, 1.0]}}}, "grid.parameters.share: 1.0 given twice: grid points must differ"),
    "equal arms": ({"ways": {"draws": {}, "a": {"rule": "draws", "size": 2}}}, "draws and a are the same point"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case):
    raw, line = REFUSED[case]
    assert said(raw).startswith(line), said(raw)


def test_a_label_may_hold_dots_and_blanks():
    assert [point.arm for point in points({"ways": {"a. b": {"rule": "draws"}}})] == ["a. b"]


def test_arms_of_one_rule_are_points_of_their_own():
    study = study_of({"ways": {"few": {"rule": "draws"}, "many": {"rule": "draws", "size": 5}}})
    assert len({point.key for point in study.points}) == 2
    assert study.resolved["ways"] == {
        "few": {"rule": "draws", "size": 2, "bias": 0.0},
        "many": {"rule": "draws", "size": 5, "bias": 0.0},
    }
