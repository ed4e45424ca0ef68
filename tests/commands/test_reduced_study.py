"""What reduced studies can say of a claim."""

from mfsolve.claims import claims
from mfsolve.commands.reduced_study import CANNOT_TELL, as_reduced, reduced_study, seen_in_part
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies


def row(name, verdict, overall=None):
    return {"id": name, "verdict": verdict, "said": verdict or "", "overall": verdict if overall is None else overall}


def test_a_claim_on_all_levels_of_pollution_is_measured_at_all_of_them(tmp_path):
    """Welfare peaks in between at high pollution only: the first three levels say the contrary."""
    path = shipped_studies()["pollution_levels"]
    small = reduced_study(path, tmp_path)
    assert list(load_study(small).places()) == list(load_study(path).places())
    assert load_study(small).ensemble.replicates == 16
    assert not seen_in_part(path)


def test_a_claim_whose_places_are_cut_is_known():
    assert seen_in_part(shipped_studies()["curse_starts"]) == {"creators.curse.start"}
    assert seen_in_part(shipped_studies()["pmir_regret"]) == {"provenance.optimum"}  # an order along it is one row
    assert not seen_in_part(shipped_studies()["fluid_limit"])


def test_rows_of_every_claim_are_those_of_the_full_study_or_it_is_known_to_be_cut(tmp_path):
    for study in dict.fromkeys(claim.study for claim in claims()):
        path = shipped_studies()[study]
        full, small = load_study(path), load_study(reduced_study(path, tmp_path))
        in_part = seen_in_part(path)
        for spec in full.estimates:
            if spec.claim is None or spec.claim.id in in_part:
                continue
            along = full.sweep.together(spec.axis) if spec.axis is not None else ()
            places = [
                {repr(sorted((k, repr(v)) for k, v in place.items() if k not in along)) for place in one.places()}
                for one in (full, small)
            ]
            assert places[0] == places[1], spec.claim.id


def test_a_reduced_study_refutes_nothing():
    rows = [row("a", "contradicted"), row("b", "missed", "missed by 30 %"), row("c", "supported"), row("d", None, "")]
    found = as_reduced(rows, set())
    assert [one["verdict"] for one in found] == [CANNOT_TELL, CANNOT_TELL, "supported", None]
    assert [one["overall"] for one in found] == [CANNOT_TELL, CANNOT_TELL, "supported", ""]
    assert [one["said"] for one in found] == [CANNOT_TELL, CANNOT_TELL, "supported", ""]


def test_a_claim_that_fails_at_one_small_size_cannot_be_told_as_a_whole():
    rows = [row("a", word, "holds only where x=1") for word in ("supported", "contradicted")]
    assert [(one["verdict"], one["overall"]) for one in as_reduced(rows, ())] == [
        ("supported", CANNOT_TELL), (CANNOT_TELL, CANNOT_TELL)
    ]  # fmt: skip


def test_support_at_some_of_the_places_is_none():
    (found,) = as_reduced([row("a", "supported")], {"a"})
    assert (found["verdict"], found["overall"]) == (CANNOT_TELL, CANNOT_TELL)
