"""Texts as people have them: blank ones, copies, no dates, dates in words; what was left out is said."""

from types import SimpleNamespace

import pytest

from mfsolve.data import text_counts
from mfsolve.data.dates import Period, period_of
from mfsolve.data.pool_files import read_sample
from mfsolve.data.pool_reading import Reading
from mfsolve.data.pool_texts import texts_of_column
from mfsolve.models.frozen import InputError


@pytest.mark.parametrize(("text", "day"), [
    ("2024/01/31", "2024-01-31"), ("2024.01.31 10:00", "2024-01-31"), ("2024/01", "2024-01-01"),
    ("31 Jan 2024", "2024-01-31"), ("Wed, 31 Jan 2024 10:00:00 GMT", "2024-01-31"), ("31-jan-2024", "2024-01-31"),
    ("January 31, 2024", "2024-01-31"), ("Sept. 3, 2024 4:05 PM", "2024-09-03"), ("May 2024", "2024-05-01"),
])  # fmt: skip
def test_dates_with_words_and_slashes_are_read(text, day):
    assert period_of(text, Period.DAY, "here") == day


@pytest.mark.parametrize("text", ["99/99/2024", "2024-13-01", "40 Jan 2024", "3 Foo 2024", "Janitor 2024", "soon"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InputError, match=r"here: .*allowed: dates such as"):
        period_of(text, Period.DAY, "here")


def test_what_was_left_out_of_a_pool_is_said_once_whatever_is_read_again(tmp_path):
    pool, human = tmp_path / "pool.csv", tmp_path / "human.csv"
    pool.write_text('When,Post Body\n2024-01-01,a b\n,c d\n2024-02-01," "\n2024-02-01,"a\nb"\n2024-02-02,a b\n')
    human.write_text("text\na b\nx y\n")
    dated = read_sample(pool, Reading(text="Post Body", date="When"))
    reference = read_sample(human, Reading(text="Post Body"), dated)
    for sample in (dated, reference, dated):
        documents = sum(labelled.block.documents for labelled in sample.blocks())
    assert documents == 3
    assert text_counts.notes([dated.met], [reference.met]) == [
        f"{pool}: left out: 1 blank text",
        f"{pool}: left out: 1 text without a date",
        f"{pool}: 1 text repeated: copies count in the share, but not as evidence",
        f"{pool}: 1 text in {human} too: a reference should not share texts with the pool",
    ]


def test_a_pool_without_a_text_is_refused(tmp_path):
    pool = tmp_path / "pool.csv"
    pool.write_text("date,text\n,a\n2024-01-01,\n")
    with pytest.raises(InputError, match=r"pool.csv: holds no text with a date; at least 1 is needed"):
        list(read_sample(pool, Reading(date="date")).blocks())


def test_texts_of_a_table_without_a_date_are_counted_once_each_the_blank_ones_apart():
    rows = [("a", "2024-01-31"), ("b", ""), ("", ""), (" ", "  "), ("\t", ""), ("c", "2024-02-01"), ("d", " ")]
    table = SimpleNamespace(place=["text", "date"].index, rows=lambda: enumerate(rows), at=lambda *where: str(where))
    met = text_counts.TextCounts("a.csv")
    kept = list(texts_of_column(table, "text", Reading(text="text", date="date"), met))
    assert [text for text, _, _ in kept] == ["a", "c"]
    assert (met.undated, met.blank) == (2, 3)


def test_texts_of_two_references_of_one_side_and_of_a_baseline_are_named(tmp_path):
    read = []
    for name, lines in (("p", "a\nb"), ("h", "c\nd"), ("other", "d\ne\nf"), ("s", "d\ng"), ("base", "b\nc\nx")):
        (tmp_path / f"{name}.txt").write_text(lines)
        read.append(read_sample(tmp_path / f"{name}.txt", Reading()))
        assert list(read[-1].blocks())
    pool, human, other, synthetic, base = (one.met for one in read)
    assert text_counts.notes([pool], [human, other, synthetic], ["human", "human", "synthetic"], base) == [
        f"{pool.name}: 1 text in {base.name} too: a reference should not share texts with the pool",
        f"{other.name}: 1 text in {human.name} too: copies count in a reference, but not as evidence",
        f"{base.name}: 1 text in {human.name} too: a baseline should not share texts with a reference",
    ]
