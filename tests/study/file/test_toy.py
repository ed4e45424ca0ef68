"""Studies at toy size, and entries for many rows."""

import pytest
from support.urn import URN

from mfsolve.study.file import toy
from mfsolve.study.file.expansion import expand
from mfsolve.study.file.toy import shrink


@pytest.fixture(autouse=True)
def urn(monkeypatch):
    asked = []
    monkeypatch.setattr(toy, "load", lambda *given: asked.append(given) or URN)
    return asked


def small(**raw):
    return shrink({"model": "urn", **raw})


def test_a_study_that_says_nothing_gets_the_toys_and_six_replicates(urn, tmp_path):
    raw = {"model": "urn"}
    assert shrink(raw, tmp_path) == {
        "model": "urn", "population": {"balls": 5}, "parameters": {"kind": "small"}, "ways": {"draws": {"size": 1}},
        "ensemble": {"replicates": 6},
    }  # fmt: skip
    assert raw == {"model": "urn"}
    assert urn == [("urn", tmp_path)]


def test_a_toy_bounds_a_number_and_stands_for_anything_else():
    found = small(
        population={"balls": 3}, parameters={"kind": "large", "steps": 9}, ensemble={"replicates": 99, "seed": 5},
        ways={"draws": {"size": 7}, "few": {"rule": "draws", "size": "x"}, "counts": {"depth": 9}},
    )  # fmt: skip
    assert found["population"] == {"balls": 3}
    assert found["parameters"] == {"kind": "small", "steps": 9}
    assert found["ways"] == {"draws": {"size": 1}, "few": {"rule": "draws", "size": 1}, "counts": {"depth": 9}}
    assert found["ensemble"] == {"replicates": 6, "seed": 5}
    assert small(population={"balls": 7})["population"] == {"balls": 5}


def test_axes_keep_their_first_three_values_or_the_toy_s_own_and_what_is_varied_stays():
    grid = {
        "parameters": {"share": [0.1, 0.2], "steps": [1, 2, 3, 4], "kind": {"linspace": [0, 1, 9]}},
        "population": {"balls": {"logspace": [1, 100, 2]}}, "ways": {"few": {"size": [1, 2, 3, 4]}, "size": [9]},
    }  # fmt: skip
    found = small(grid=grid, ways={"draws": {}})
    assert found["grid"] == {
        "parameters": {"share": [0.25, 0.5], "steps": [1, 2, 3], "kind": {"linspace": [0, 1, 3]}},
        "population": {"balls": {"logspace": [1, 100, 2]}}, "ways": {"few": {"size": [1, 2, 3]}, "size": [9]},
    }  # fmt: skip
    assert "population" not in found
    assert "parameters" not in found
    assert found["ways"] == {"draws": {}}


def test_a_design_has_four_points_at_most():
    for points, kept in ((3, 3), (4, 4), (64, 4)):
        assert small(design={"kind": "sobol", "points": points})["design"] == {"kind": "sobol", "points": kept}
    assert small(design={"kind": "zip"})["design"] == {"kind": "zip"}


def test_words_of_numbers_and_places():
    rows = list(expand({"at": {"2": "soon", "3.5": "late"}, "probability": [0.25, 1]}))
    assert [(row["at"], row["probability"], row["name"]) for row in rows] == [
        (2.0, 0.25, "soon, 0.25"), (2.0, 1, "soon, 1"), (3.5, 0.25, "late, 0.25"), (3.5, 1, "late, 1")
    ]  # fmt: skip
    assert all(isinstance(row["at"], float) for row in rows)
    (row,) = expand({"name": "{quantity}", "quantity": {"a_b": "a b c"}})
    assert (row["quantity"], row["name"]) == ("a_b", "a b c")
    (row,) = expand({"name": "all {quantity}, {quantity}", "quantity": ["a_b"]})
    assert row["name"] == "all a b, a b"
    assert list(expand({"name": "n", "weight": [1], "claim": 1})) == [{"name": "n", "weight": [1], "claim": 1}]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"quantity": ["a"], "claim": {}}, "claim: is measured by one row: write a separate entry, without lists"),
        ({"quantity": ["a"], "name": 3}, "name: 3 given: a text is needed"),
        ({"quantity": ["a"], "name": "{at}"}, "name: {at} given; the lists of this entry are: quantity"),
        ({"quantity": {}}, "quantity: an empty list given: at least one value is needed"),
        ({"at": {"1": 2}}, "at.1: 2 given: the words for the row's name are needed"),
        ({"at": [1, True]}, "at: True given: a list of texts or numbers is needed"),
        ({"at": [1, None]}, "at: None given: a list of texts or numbers is needed"),
        ({"at": [1, 2, 1.0]}, "at: a value is listed twice: rows must differ"),
        ({"at": list(range(101)), "quantity": [str(k) for k in range(100)]},
         "name: 10100 rows by the lists of this entry; allowed: at most 10000"),
    ],
)  # fmt: skip
def test_what_cannot_be_listed_is_named(entry, line):
    with pytest.raises(ValueError) as caught:
        list(expand(entry))
    assert str(caught.value) == line


def test_ten_thousand_rows_are_the_most():
    entry = {"at": list(range(100)), "quantity": [str(k) for k in range(100)]}
    assert next(expand(entry))["name"] == "0, 0"


def test_axes_of_other_things_than_sizes_may_keep_all_their_values():
    grid = {"parameters": {"share": [0.1, 0.2], "steps": [1, 2, 3, 4]}, "population": {"balls": [1, 2, 3, 4]}}
    found = shrink({"model": "urn", "grid": grid}, sizes_only=True)
    assert found["grid"] == {
        "parameters": {"share": [0.25, 0.5], "steps": [1, 2, 3, 4]},
        "population": {"balls": [1, 2, 3]},
    }
