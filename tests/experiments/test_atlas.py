"""The atlas: replace against accumulate on one ensemble, maps along axes, and refused settings."""

import re

import numpy as np
import pytest
from support.cases import case, outputs, run_study

from mfsolve.experiments import load
from mfsolve.models.atlas.definitions import Decision, Definition

EXPERIMENT = load("atlas")
SMALL = {"blocks": 16, "replicates": 200, "generations": 16, "items": 80}
PLACE = {definition: i for i, definition in enumerate(Definition)}
STUDY = {
    "model": "atlas",
    "maps": {"contamination": {}, "items": {}, "workflows": {}},
    "population": SMALL,
    "estimates": [{"name": "one", "quantity": "undecided", "map": "items"}],
}


def test_replace_collapses_where_accumulate_does_not():
    here = case("atlas", "workflows", population=SMALL)
    found = outputs("atlas", here, 0, 2)
    names = EXPERIMENT.outputs(here)["decision"].ticks[0]
    replace, accumulate = (found["decision"][names.index(name)] for name in ("replace", "accumulate"))
    for definition in (Definition.VARIANCE, Definition.IRREVERSIBLE, Definition.RISK_DIVERGES):
        assert replace[PLACE[definition]] == Decision.COLLAPSES, definition
        assert accumulate[PLACE[definition]] == Decision.DOES_NOT, definition
    assert found["collapsing_worse"] >= 2
    assert found["risk_exponent_replace"] > 1.0 > 0.2 > found["risk_exponent_accumulate"]


def test_maps_along_axes():
    contaminated = outputs("atlas", case("atlas", "contamination", values=[0.0, 1.0], population=SMALL), 0)
    sizes = outputs("atlas", case("atlas", "items", values=[10, 40], population=SMALL), 0)
    wide = outputs("atlas", case("atlas", "dimension", values=[1, 40], population=SMALL), 0)
    # entropy of a dimension falls d times as slowly: ln s2 has a variance of 2 / (n d)
    assert wide["rate"][0, PLACE[Definition.DIVERSITY]] > 10 * wide["rate"][1, PLACE[Definition.DIVERSITY]]
    assert contaminated["decision"][0, PLACE[Definition.VARIANCE]] == Decision.DOES_NOT
    assert contaminated["decision"][1, PLACE[Definition.VARIANCE]] == Decision.COLLAPSES
    assert sizes["rate"][0, PLACE[Definition.DIVERSITY]] > sizes["rate"][1, PLACE[Definition.DIVERSITY]] > 0
    assert np.all(sizes["rate_low"] <= sizes["rate_high"])


def test_what_a_family_cannot_have_is_not_defined():
    here = case("atlas", "workflows", family="regression", replicates=20, population=SMALL)
    found, output = outputs("atlas", here), EXPERIMENT.outputs(here)["decision"]
    names, blank = output.ticks[0], found["decision"] == Decision.NOT_DEFINED
    without = ["verified", "curated", "temperature"]
    columns = [PLACE[d] for d in (Definition.VARIANCE, Definition.TAILS, Definition.DIVERSITY)]
    assert all(blank[i].all() == (name in without) for i, name in enumerate(names))
    assert blank[:, columns].all()
    assert blank.sum() == 3 * 8 + 5 * 3
    assert np.isnan(found["rate"][blank]).all()
    assert output.absent == output.labels[Decision.NOT_DEFINED]
    assert {name for name in found if name.startswith("risk_exponent")} == {
        f"risk_exponent_{name}" for name in names if name not in without
    }
    diverges = dict(zip(names, found["decision"][:, PLACE[Definition.RISK_DIVERGES]]))
    assert diverges["replace"] == Decision.COLLAPSES
    assert diverges["mixed"] != Decision.COLLAPSES


def test_networks_collapse_without_human_data():
    here = case("atlas", "networks", population={**SMALL, "generations": 40, "replicates": 600}, models=6, degree=2)
    found, diverges = outputs("atlas", here), PLACE[Definition.RISK_DIVERGES]
    names, decision = EXPERIMENT.outputs(here)["decision"].ticks[0], found["decision"][:, diverges]
    assert names == ("alone", "closed_ring", "open_ring", "random", "scale_free")
    assert (decision == Decision.COLLAPSES).tolist() == [True, True, False, False, False]
    assert found["rate"][2:, diverges].max() < 0.1 < 0.6 < found["rate"][:2, diverges].min()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["maps.contamination.values=[0.5, 1.5]"], r"values: \(0.5, 1.5\) given; allowed: .* in \[0, 1\]"),
        (["maps.items.values=[2, 10]"], "allowed: at least two ascending whole numbers from 4 on"),
        (["maps.dimension.values=[0, 3]"], "allowed: at least two ascending whole numbers from 1 on"),
        (["maps.items.of=subsample", "maps.items.values=[10, 1000000]"], "items: '1.6e.07 kept numbers' given"),
        (["maps.items.of=replaced"], "replaced"),
        (
            ["maps.items.of=curated", "maps.items.family=regression"],
            "workflow: 'curated' given; allowed with a regression: replace",
        ),
        (
            ["maps.contamination.family=kernel_density"],
            "workflow: 'mixed' given; allowed with the family of kernel densities: replace",
        ),
        (["maps.workflows.family=text"], "family: 'text' given; allowed: with parameters.text, the data of it"),
        (
            ["maps.dimension.family=regression", "maps.dimension.values=[1, 77]"],
            r"items: 80 given; allowed: at least features \+ 4 = 81",
        ),
        (["population.items=3"], r"population.items: 3 given.*\[4,"),
        (["maps.workflows.family=words"], "words"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(changes, message, tmp_path, capsys):
    assert run_study(tmp_path, STUDY, *changes) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert re.search(message, said), said
