"""Networks of models as an experiment: declared outputs, replicates together and alone, a user's own network."""

import numpy as np
import pytest
from support.arms import check_what_is_declared
from support.cases import case, outputs, run_study

from mfsolve.experiments.atlas_networks import EXPERIMENT, draw_gaussian, gaussian_many


@pytest.mark.parametrize("name", ["linear", "gaussian"])
def test_arms_return_what_they_declare(name):
    found = outputs("atlas_networks", case("atlas_networks", name, population={"generations": 3}, models=5, degree=2))
    assert all(np.isfinite(values).all() for values in found.values())


def test_digraphs_are_counted():
    check_what_is_declared(EXPERIMENT, "digraphs")


def test_replicates_together_are_those_alone():
    here = case("atlas_networks", "gaussian", {"items": 9}, {"generations": 3}, models=7)
    together = gaussian_many(here, 1, range(4, 7), 2)
    for name, values in draw_gaussian(here, 1, 5, 1).items():
        assert np.array_equal(together[name][1], values)


def study(folder, edges):
    (folder / "net.csv").write_text(edges)
    return {
        "title": "mine", "model": "atlas_networks", "parameters": {"items": 20, "edges": "net.csv"},
        "population": {"generations": 4}, "networks": {"mine": {"rule": "linear", "family": "edges"}},
        "estimates": [{"name": "risk", "quantity": "risk", "prediction": "risk"}],
    }  # fmt: skip


def test_a_network_of_a_users_own_runs(tmp_path):
    assert run_study(tmp_path, study(tmp_path, "source,target,weight\na,b,1\nhuman,a,0.5\nb,a,0.5\n")) == 0
    assert (tmp_path / "out/net.csv").is_file()


def test_one_that_is_none_is_refused_in_one_line(tmp_path, capsys):
    assert run_study(tmp_path, study(tmp_path, "source,target,weight\na,b,0.9\nhuman,a,0.5\nb,a,0.5\n")) == 2
    error = capsys.readouterr().err.strip()
    assert "weights of the target 'b' sum to 0.9; allowed: 1; the row human,b,0.1 is missing?" in error
    assert "\n" not in error
    assert not (tmp_path / "out").exists()


def test_more_sources_than_models_are_refused():
    with pytest.raises(ValueError, match="degree: 4 given; allowed: at most models - 1 = 2"):
        case("atlas_networks", "linear", models=3)


def test_a_network_from_a_file_needs_the_file():
    with pytest.raises(ValueError, match=r"family: 'edges' given; allowed: with parameters.edges"):
        case("atlas_networks", "linear", family="edges")
