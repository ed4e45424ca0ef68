"""Names of rows in shipped studies: words that say by themselves what is estimated."""

import re

import pytest

from mfsolve.experiments import load
from mfsolve.study.file.expansion import expand
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toml_text import read_toml

SYMBOLS = ("rho_hat", "rho_c")
POINTS_ELSEWHERE = re.compile(r"^the same\b|\bthere$")
SPELT = re.compile(r"\b(?:edvex|buyout|pmir|mle|hac|ai)\b")


def names(study):
    """Names of all rows of a study, those of templates written out."""
    path = shipped_studies()[study]
    raw = read_toml(path)
    word = load(raw["model"], path.parent).word
    return [row["name"] for entry in raw.get("estimates", []) for row in expand(entry, word)]


@pytest.mark.parametrize("study", sorted(shipped_studies()))
def test_a_row_is_named_in_words_that_need_no_other_row(study):
    for name in names(study):
        bare = re.sub("|".join(SYMBOLS), "", name)
        assert "_" not in bare, name
        assert not POINTS_ELSEWHERE.search(name), name
        assert not SPELT.search(name), name
