"""One entry of estimates for many rows."""

import re

import pytest

from mfsolve.study.file.config import load_study
from mfsolve.study.file.expansion import expand
from mfsolve.study.file.source import StudyError


def test_every_combination_is_a_row_and_the_first_list_is_the_outermost():
    entry = {"quantity": ["quality", "w2_drift"], "percent": True, "policy": {"none": "nobody", "tax": "a tax"}}
    assert list(expand(entry)) == [
        {"name": "quality, nobody", "quantity": "quality", "policy": "none", "percent": True},
        {"name": "quality, a tax", "quantity": "quality", "policy": "tax", "percent": True},
        {"name": "W2 drift, nobody", "quantity": "w2_drift", "policy": "none", "percent": True},
        {"name": "W2 drift, a tax", "quantity": "w2_drift", "policy": "tax", "percent": True},
    ]


def test_names_take_the_words_where_they_ask_for_them():
    names = [row["name"] for row in expand({"name": "{policy} at {at}", "at": [1, 2.5], "policy": ["a_b"]})]
    assert names == ["a b at 1", "a b at 2.5"]
    names = [row["name"] for row in expand({"name": "quality", "at": [1, 2], "rule": ["a"]}, "rule")]
    assert names == ["quality, 1, a", "quality, 2, a"]


def test_an_entry_without_lists_is_one_row():
    entry = {"name": "{x}", "quantity": "quality", "claim": {"id": "a"}}
    assert list(expand(entry)) == [entry]


REFUSED = {
    "claim": ('quantity = ["quality"]\nclaim.id = "x"', r"estimates\[1\]\.claim: is measured by one row"),
    "empty": ("quantity = []", r"estimates\[1\]\.quantity: an empty list"),
    "twice": ('quantity = ["quality", "quality"]', r"quantity: a value is listed twice"),
    "tables": ("quantity = [[1]]", r"quantity: \[1\] given: a list of texts or numbers"),
    "words": ("quantity.quality = 3", r"quantity\.quality: 3 given: the words"),
    "unknown place": ('name = "{policy}"\nquantity = ["quality"]', r"name: \{policy\} given; the lists .* quantity"),
    "unknown quantity": ('quantity = ["quality", "qualty"]', r"estimates\[1\]\.quantity: 'qualty' given.*quality\?"),
    "published": ('quantity = ["quality"]\npublished = [1, 2]', r"estimates\[1\]\.published"),
    "too many": (f"quantity = {[str(i) for i in range(200)]}\nat = {list(range(200))}", r"40000 rows"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(tmp_path, case):
    text, expected = REFUSED[case]
    path = tmp_path / "s.toml"
    path.write_text(f'model = "collapse"\n[[estimates]]\n{text}\n')
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert "\n" not in str(caught.value)
    assert re.search(expected, str(caught.value)), str(caught.value)


def test_an_estimate_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('model = "collapse"\nestimates = [3]\n')
    with pytest.raises(StudyError, match=r"estimates\[1\]: a table is needed"):
        load_study(path)
