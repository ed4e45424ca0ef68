"""No claim is safe from its counter-example: with a plant it is contradicted, without it, at the same size, not."""

from functools import cache

import pytest
from claims.plants import NOTHING, PLANTS, SIZES, STANDS_CONTRADICTED, UNPLANTED
from support.small_study import small_study, verdicts

from mfsolve.claims import claims
from mfsolve.inference.verdicts import Kind, Verdict

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


class Noting(pytest.MonkeyPatch):
    """A patch that notes what it puts in place of what."""

    def __init__(self):
        super().__init__()
        self.changes = []

    def setattr(self, target, name, value, raising=True):
        self.changes.append((getattr(target, name), value))
        super().setattr(target, name, value, raising)

    def setitem(self, mapping, name, value):
        self.changes.append((mapping[name], value))
        super().setitem(mapping, name, value)


def test_every_plant_changes_something_that_is_there():
    """By its settings or by its patch; what the code has under another name by now is not there."""
    for plant in PLANTS:
        patch = Noting()
        try:
            plant.patch(patch)
        finally:
            patch.undo()
        assert plant.settings or patch.changes, plant.what
        assert all(before is not after for before, after in patch.changes), plant.what


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
