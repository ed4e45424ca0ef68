"""No claim is safe from its counter-example: with a plant it is contradicted, without it, at the same size, not."""

from functools import cache

import pytest
from claims.plants import NOTHING, PLANTS, SIZES, STANDS_CONTRADICTED, UNPLANTED
from support.small_study import small_study, verdicts

from mfsolve.claims import claims
from mfsolve.inference.simultaneous import Kind, Verdict

AGAINST = {Verdict.CONTRADICTED, Verdict.MISSED}
MOST_UNPLANTED = 3


def planted_claims():
    return {claim for plant in PLANTS for claim in plant.claims}


@cache
def without_a_plant(study, folder):
    """Verdicts on every planted claim of a study as it stands."""
    ids = sorted({claim for plant in PLANTS if plant.study == study for claim in plant.claims})
    return verdicts(small_study(study, ids, SIZES.get(study, NOTHING)), study, ids, folder / study)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("unplanted")


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.claims[0]}: {plant.what}")
def test_a_planted_counter_example_is_found(plant, tmp_path, folder):
    sound = without_a_plant(plant.study, folder)
    for claim in plant.claims:
        assert not sound[claim] & AGAINST, claim
    settings = {**SIZES.get(plant.study, NOTHING), **plant.settings}
    with pytest.MonkeyPatch.context() as patch:
        plant.patch(patch)
        small = small_study(plant.study, plant.claims, settings)
        found = verdicts(small, plant.study, plant.claims, tmp_path / "run")
    for claim in plant.claims:
        assert found[claim] & AGAINST, (claim, found[claim])


def test_every_plant_finds_what_it_changes():
    for plant in PLANTS:
        with pytest.MonkeyPatch.context() as patch:
            plant.patch(patch)  # raises where the code has another name for it by now


def test_every_theorem_and_mechanism_has_a_plant_or_a_reason():
    stated = {claim.id for claim in claims() if claim.kind in (Kind.THEOREM, Kind.MECHANISM)}
    known = {claim.id for claim in claims()}
    listed = planted_claims() | STANDS_CONTRADICTED | set(UNPLANTED)
    assert stated <= listed, "a claim without a plant: add one, or a reason"
    assert listed <= known
    assert not planted_claims() & set(UNPLANTED)


def test_claims_without_a_plant_do_not_become_more():
    assert len(UNPLANTED) <= MOST_UNPLANTED
    assert all(UNPLANTED.values())
