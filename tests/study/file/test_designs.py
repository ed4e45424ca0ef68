"""Designs, ranges and axes of one arm: the points they make, their bits, and what is refused."""

import hashlib
import re

import numpy as np
import pytest

from mfsolve.study.file import designs
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import as_toml
from mfsolve.study.file.toy import shrink

BITS = {
    "random": "026c1c4d",
    "latin_hypercube": "74bbdc2a",
    "sobol": "cc8b5fd1",
    "saltelli": "78493d71",
    "morris": "6582bc4d",
}
"""First digits of the SHA-256 of eight points in three dimensions: a change of library or machine must not show."""


@pytest.mark.parametrize("kind", BITS)
def test_the_bits_of_a_design_are_those_recorded(kind):
    made = designs.MADE[designs.DesignKind(kind)](8, 3, 5)
    assert made.shape == (designs.rows_of(designs.DesignKind(kind), 8, 3), 3)
    assert made.min() >= 0.0
    assert made.max() <= 1.0
    assert hashlib.sha256(made.tobytes()).hexdigest()[:8] == BITS[kind]
    assert made.tobytes() != designs.MADE[designs.DesignKind(kind)](8, 3, 6).tobytes()


@pytest.mark.parametrize("make", [designs.latin_hypercube, designs.sobol])
def test_every_coordinate_has_one_value_in_every_cell(make):
    for points in (64, 2, 1):
        cells = np.sort(np.floor(make(points, 5, 3) * points), axis=0)
        assert (cells == np.arange(points)[:, None]).all()


def test_designs_integrate_a_smooth_function_better_the_more_they_are_spread():
    """Mean of prod(1 + (x - 1/2)) over 64 seeds: the error of random points is the standard one, others' below it."""

    def error(make):
        found = [np.prod(0.5 + make(64, 3, seed), axis=1).mean() - 1.0 for seed in range(64)]
        return float(np.sqrt(np.mean(np.square(found))))

    standard = np.sqrt(((1.0 + 1.0 / 12.0) ** 3 - 1.0) / 64.0)
    # the root mean square of 64 errors is within a third of its value, 3.8 standard errors of 1/sqrt(128)
    assert error(designs.random) == pytest.approx(standard, rel=1 / 3)
    assert error(designs.latin_hypercube) < 0.5 * standard
    assert error(designs.sobol) < error(designs.latin_hypercube)


def test_saltelli_mixes_one_column_of_b_into_a():
    made = designs.saltelli(4, 3, 1).reshape(5, 4, 3)
    a, b = made[:2]
    for column, mixed in enumerate(made[2:]):
        assert (mixed[:, column] == b[:, column]).all()
        assert (np.delete(mixed, column, 1) == np.delete(a, column, 1)).all()


def test_columns_of_a_and_b_are_no_copies_of_each_other():
    """Sobol points of 2 d dimensions have columns i and d + i of equal first bits in all rows, at 5 of 10 and 32 points.

    Correlations of permutations have a standard deviation of 1 / sqrt(31): 40 of them stay within four.
    """
    pairs = [designs.saltelli(32, 10, seed)[:64].reshape(2, 32, 10)[:, :, 4] for seed in range(40)]
    found = np.array([np.corrcoef(pair)[0, 1] for pair in pairs])
    assert np.abs(found).max() < 4 / np.sqrt(31)
    assert np.mean(found**2) == pytest.approx(1 / 31, rel=4 * np.sqrt(2 / 40))
    with_all = np.concatenate(np.split(designs.saltelli(32, 10, 1)[:64], 2), axis=1)
    assert (np.sort(np.floor(with_all * 32), axis=0) == np.arange(32)[:, None]).all()


def test_morris_moves_every_coordinate_once_by_two_thirds():
    steps = np.diff(designs.morris(50, 4, 1).reshape(50, 5, 4), axis=1)
    moved = np.abs(steps) > 1e-9
    assert (moved.sum(axis=1) == 1).all()
    assert (moved.sum(axis=2) == 1).all()
    assert np.abs(steps[moved]) == pytest.approx(2.0 / 3.0)
    assert 0.3 < (steps[moved] > 0.0).mean() < 0.7


SMALL = (
    'model = "collapse"\n[population]\nproducers = 100\nitems = 4\n[policies.none]\n[policies.fixed]\nsubsidy = 0.2\n'
)


def load(tmp_path, text, *settings):
    path = tmp_path / "s.toml"
    path.write_text(SMALL + text)
    return load_study(path, settings)


def test_ranges_and_their_ends(tmp_path):
    study = load(
        tmp_path,
        "[grid]\nparameters.imitation = { linspace = [0.1, 0.5, 5] }\npopulation.producers = { logspace = [10, 1000, 3] }\n",
    )
    assert study.axes == {"parameters.imitation": [0.1, 0.2, 0.3, 0.4, 0.5], "population.producers": [10, 100, 1000]}
    assert len(study.points) == 30
    again = load(tmp_path, "", "grid.parameters.imitation={linspace=[0.1, 0.5, 5]}")
    assert again.axes["parameters.imitation"] == study.axes["parameters.imitation"]


def test_an_axis_of_one_arm_leaves_the_others_alone(tmp_path):
    for axis in ("policies.subsidy", "policies.fixed.subsidy"):
        study = load(tmp_path, f"[grid]\n{axis} = [0.1, 0.3]\nparameters.imitation = [0.4, 0.6]\n")
        assert [p.label for p in study.points] == [
            "none/imitation=0.4",
            "fixed/subsidy=0.1,imitation=0.4",
            "none/imitation=0.6",
            "fixed/subsidy=0.1,imitation=0.6",
            "fixed/subsidy=0.3,imitation=0.4",
            "fixed/subsidy=0.3,imitation=0.6",
        ]
        seeds = {p.label: p.seed for p in study.points}
        assert seeds["none/imitation=0.4"] == seeds["fixed/subsidy=0.3,imitation=0.4"] != seeds["none/imitation=0.6"]
        place = {axis: 0.3, "parameters.imitation": 0.6}
        assert study.find("none", place).label == "none/imitation=0.6"
        alone = load(tmp_path, "[grid]\nparameters.imitation = [0.4, 0.6]\n")
        assert [p.key for p in alone.points if p.arm == "none"] == [p.key for p in study.points if p.arm == "none"]


def test_zip_and_grid_together_and_written_out(tmp_path):
    text = (
        '[grid]\nparameters.variance_ratio = [0.3, 0.5]\n[design]\nkind = "zip"\n[design.over]\n'
        "parameters.imitation = [0.4, 0.6, 0.6]\npopulation.items = [2, 2, 4]\n"
    )
    study = load(tmp_path, text)
    assert [tuple(place.values()) for place in study.places()] == [
        (v, i, n) for v in (0.3, 0.5) for i, n in ((0.4, 2), (0.6, 2), (0.6, 4))
    ]
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(study.resolved))
    assert load_study(copy).resolved == study.resolved


@pytest.mark.parametrize("kind", ["random", "latin_hypercube", "sobol", "saltelli", "morris", "one_at_a_time"])
def test_a_design_fills_its_box_and_is_written_out(tmp_path, kind):
    text = (
        f'[design]\nkind = "{kind}"\npoints = 4\n[design.over]\n'
        'parameters.cost_curvature = { range = [0.01, 1.0], scale = "log" }\nparameters.imitation = [0.2, 0.9]\n'
        "population.producers = [10, 1000]\n"
    )
    study = load(tmp_path, text)
    rows = designs.rows_of(kind, 4, 3)
    assert len(study.sweep.design.rows) == rows
    assert len(list(study.places())) <= rows
    for place in study.places():
        assert 0.2 <= place["parameters.imitation"] <= 0.9
        assert 0.01 <= place["parameters.cost_curvature"] <= 1.0
        assert isinstance(place["population.producers"], int)
        assert 10 <= place["population.producers"] <= 1000
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(study.resolved))
    assert [p.key for p in load_study(copy).points] == [p.key for p in study.points]
    assert shrink(study.resolved)["design"].get("points", 4) == 4


@pytest.mark.parametrize("ends", ["[0.2, 0.4]", "[0.4, 0.9]", "[0.2, 0.9]"])
@pytest.mark.parametrize("first", [True, False])
def test_the_base_of_a_design_is_its_first_place_and_survives_being_written_out(tmp_path, ends, first):
    """Also where an axis ends at it: the written study moves each setting from the same base."""
    axes = [f"parameters.imitation = {ends}\n", "population.producers = [10, 1000]\n"]
    study = load(
        tmp_path,
        "[parameters]\nimitation = 0.4\n"
        '[design]\nkind = "one_at_a_time"\n[design.over]\n' + "".join(axes if first else axes[::-1]),
    )
    base = next(iter(study.places()))
    assert base == {"parameters.imitation": 0.4, "population.producers": 100}
    copy = tmp_path / "copy.toml"
    copy.write_text(as_toml(study.resolved))
    again = load_study(copy)
    assert [point.key for point in again.points] == [point.key for point in study.points]
    assert again.resolved == study.resolved


DESIGN = '[design]\nkind = "sobol"\npoints = 8\n[design.over]\n'
REFUSED = {
    "range": ("[grid]\nparameters.imitation = { linspace = [0.1, 0.5] }\n", r"grid\.parameters\.imitation\.linspace: \[0\.1, 0\.5\] given; \[first, last, count\]"),
    "huge range": ("[grid]\nparameters.imitation = { linspace = [0.1, 0.5, 1000000000] }\n", r"a count in \[2, 100000\]"),
    "log of zero": ("[grid]\nparameters.imitation = { logspace = [0, 0.5, 3] }\n", r"with positive ends"),
    "whole numbers": ("[grid]\npopulation.items = { linspace = [2, 4, 9] }\n", r"items: 2 given twice"),
    "all places": ("[grid]\nparameters.imitation = { linspace = [0.1, 0.9, 9999] }\nparameters.variance_ratio = { linspace = [0.1, 0.9, 9999] }\n", r"99980001 places; allowed: at most 100000"),
    "no such arm's key": ("[grid]\npolicies.fixed.subsid = [0.1]\n", r"grid\.policies\.fixed\.subsid: unknown key; did you mean subsidy\?"),
    "arm without it": ("[grid]\npolicies.none.subsidy = [0.1]\n", r"grid\.policies\.none\.subsidy: unknown key"),
    "no kind": ("[design]\npoints = 3\n", r"design\.kind: is missing"),
    "kind": ('[design]\nkind = "sobl"\n', r"design\.kind: 'sobl' given"),
    "nothing varied": ('[design]\nkind = "sobol"\npoints = 8\n', r"design\.over: is missing"),
    "no points": ('[design]\nkind = "random"\n[design.over]\nparameters.imitation = [0, 1]\n', r"design\.points: is missing"),
    "power of two": (DESIGN.replace("8", "12") + "parameters.imitation = [0, 1]\n", r"design\.points: 12 given; a power of two is needed, such as 8 or 16"),
    "unlike lists": ('[design]\nkind = "zip"\n[design.over]\nparameters.imitation = [0.1, 0.2]\npopulation.items = [2]\n', r"one length; given: parameters\.imitation 2, population\.items 1"),
    "no range": (DESIGN + "parameters.imitation = [0.1, 0.2, 0.3]\n", r"design\.over\.parameters\.imitation: .*\[lowest, highest\] is needed"),
    "scale": (DESIGN + 'parameters.imitation = { range = [0.1, 0.9], scale = "lin" }\n', r"scale: 'lin' given; allowed: linear, log"),
    "outside": (DESIGN + "parameters.variance_ratio = [0.5, 3.0]\n", r"at \{'parameters\.variance_ratio'.*given; .*\(0, 1\]"),
    "twice": ("[grid]\nparameters.imitation = [0.1]\n" + DESIGN + "parameters.imitation = [0, 1]\n", r"design\.over\.parameters\.imitation: is also an axis of the grid"),
    "order": (DESIGN + 'population.producers = [10, 100]\n[[estimates]]\nname="x"\nquantity="quality"\npolicy="none"\nstatistic="order"\naxis="population.producers"\n', r"axis: population\.producers takes its values by a design"),
    "too many": (DESIGN.replace("8", "131072") + "parameters.imitation = [0, 1]\n", r"131072 places; allowed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(tmp_path, case):
    text, expected = REFUSED[case]
    with pytest.raises(StudyError) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert re.search(expected, str(caught.value)), str(caught.value)
