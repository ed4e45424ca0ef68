"""The table of data deals: values as they are written, sums, concentration, bounds."""

import numpy as np
import pytest

from mfsolve.data.deal_files import disclosed_deals
from mfsolve.models.data_deals import (
    Code,
    DataDeal,
    concentration,
    disclosure,
    generator_bounds,
    imputed,
    lorenz,
    majority_cap,
    parse_value,
    summarise,
    totals,
)


@pytest.mark.parametrize(
    ("text", "low", "high", "is_open", "years", "item"),
    [
        ("60m/yr", 60e6, 60e6, False, 1.0, ""),
        ("250m/5yr", 250e6, 250e6, False, 5.0, ""),
        ("20m+", 20e6, 20e6, True, 0.0, ""),
        ("25-50m", 25e6, 50e6, False, 0.0, ""),
        ("800k-1.5m", 800e3, 1.5e6, False, 0.0, ""),
        ("2.5k/book", 2500.0, 2500.0, False, 0.0, "book"),
        ("$1,200", 1200.0, 1200.0, False, 0.0, ""),
        ("$25-$50m", 25e6, 50e6, False, 0.0, ""),
        ("1,234,567.5 USD", 1234567.5, 1234567.5, False, 0.0, ""),
        ("USD 60m/yr", 60e6, 60e6, False, 1.0, ""),
        ("60m/yr usd", 60e6, 60e6, False, 1.0, ""),
        ("1.6bn", 1.6e9, 1.6e9, False, 0.0, ""),
        ("$250 million over 5 years", 250e6, 250e6, False, 5.0, ""),
        ("~$60M per year", 60e6, 60e6, False, 1.0, ""),
        ("US$20–25 million annually", 20e6, 25e6, False, 1.0, ""),
        ("10 million to 1.5 billion", 10e6, 1.5e9, False, 0.0, ""),
        ("up to 5 million", 0.0, 5e6, False, 0.0, ""),
        ("more than $5 million a year", 5e6, 5e6, True, 1.0, ""),
        ("1 200 000", 1.2e6, 1.2e6, False, 0.0, ""),
        ("$5,000 per title", 5000.0, 5000.0, False, 0.0, "title"),
        ("5MM USD", 5e6, 5e6, False, 0.0, ""),
        ("5e6", 5e6, 5e6, False, 0.0, ""),
        ("$250M/5y", 250e6, 250e6, False, 5.0, ""),
        ("$5m/y", 5e6, 5e6, False, 1.0, ""),
        ("between $5M and $10M", 5e6, 10e6, False, 0.0, ""),
        ("between 5 and 10 million", 5e6, 10e6, False, 0.0, ""),
        ("$20M over three years", 20e6, 20e6, False, 3.0, ""),
        ("$20M over a three-year term", 20e6, 20e6, False, 3.0, ""),
        ("$1.234m", 1.234e6, 1.234e6, False, 0.0, ""),
        ("ca $5m", 5e6, 5e6, False, 0.0, ""),
        ("$0.125", 0.125, 0.125, False, 0.0, ""),
    ],
)
def test_values_are_read_as_they_are_written(text, low, high, is_open, years, item):
    value = parse_value(text)
    assert (value.low, value.high, value.open, value.years, value.item) == (low, high, is_open, years, item)


@pytest.mark.parametrize(
    ("text", "low", "high", "beside"),
    [
        ("$60M + equity", 60e6, 60e6, "equity"),
        ("60m+equity", 60e6, 60e6, "equity"),
        ("$60 million in cash and stock", 60e6, 60e6, "stock"),
        ("$60M (plus API credits)", 60e6, 60e6, "api credits"),
        ("equity + 60m/yr", 60e6, 60e6, "equity"),
        ("25-50m, plus undisclosed equity", 25e6, 50e6, "undisclosed equity"),
        ("20m+ and royalties + warrants", 20e6, 20e6, "royalties and warrants"),
    ],
)
def test_a_part_without_an_amount_leaves_a_lower_bound(text, low, high, beside):
    value = parse_value(text)
    assert (value.low, value.high, value.open, value.beside) == (low, high, True, beside)


def test_a_part_without_an_amount_stands_beside_other_currencies_too():
    value = parse_value("€60m + equity", {"EUR": 2.0})
    assert (value.low, value.open, value.beside) == (120e6, True, "equity")


@pytest.mark.parametrize("text", ["up to 30m + equity", "at most $30m and stock"])
def test_what_has_neither_bound_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError, match='write "Undisclosed" for a value without a lower bound'):
        parse_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "60m + 3m",
        "60m + k",
        "60m ++",
        "60m + equity (5%)",
        "equity + stock",
        "60q",
        "m60",
        "50-25m",
        "5m/3book",
        "10m/0yr",
        "-5m",
        "10m/",
        "$1.234",
        "1.250-1.500",
        "1.250.000",
        "HK$5m",
        "2,5m",
        "2,5000m",
        "5$0m",
        "2usd5m",
        "$",
        ",",
        "٦m",
        "9" * 400,
        "€10m",
        "5m GBP",
        "1m/month",
        "2m monthly",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="given; allowed"):
        parse_value(text)


def test_hidden_values():
    assert parse_value("Undisclosed") is None
    assert parse_value(" ") is None
    assert parse_value("Not disclosed") is None
    assert parse_value("N/A") is None
    assert parse_value("nan") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("HK$5M", "HKD"), ("CA$5M", "CAD"), ("C$ 5m", "CAD"), ("5MMEUR", "EUR"), ("AU$5M", "AUD"), ("A$5m", "AUD"), ("NZ$5M", "NZD"),
     ("S$5m", "SGD"), ("5m hkd", "HKD")],
)  # fmt: skip
def test_dollars_of_other_countries_are_read_by_their_rate(text, code):
    assert parse_value(text, {code: 0.5}).low == 2.5e6
    with pytest.raises(ValueError, match=f"--rate {code}=DOLLARS"):
        parse_value(text)


@pytest.mark.parametrize("text", ["1.5 crore INR", "€1.250.000", "EUR 1.234"])
def test_a_value_in_another_currency_is_quoted_as_it_is_written(text):
    with pytest.raises(ValueError, match=f"^'{text}' given; allowed: "):
        parse_value(text, {"INR": 0.01, "EUR": 1.1})


def test_three_totals_of_the_public_table():
    deals = disclosed_deals()
    found = totals(deals)
    assert len(deals) == 16
    assert (found.one_year, found.full_term, found.ceiling) == (477_302_500.0, 677_302_500.0, 777_302_500.0)
    assert round(summarise(deals).concentration.largest, 3) == 0.369
    assert [deal.aggregator for deal in deals if deal.shares_revenue] == ["HarperCollins"]
    assert len(summarise(deals).notes) == 2  # paid by the year, without the mark


def test_concentration_of_amounts_that_are_known():
    equal, one = concentration([2.0] * 5), concentration([0.0, 0.0, 0.0, 7.0])
    assert equal.gini == pytest.approx(0.0, abs=1e-15)
    assert equal.hhi == pytest.approx(0.2)
    assert (one.largest, one.hhi) == (1.0, 1.0)
    assert one.gini == pytest.approx(0.75)  # 1 - 1/n
    x = np.array([3.0, 1.0, 8.0, 4.0])
    pairs = np.abs(x[:, None] - x[None, :]).mean() / (2.0 * x.mean())  # Gini by mean differences
    assert concentration(x).gini == pytest.approx(pairs, rel=1e-14)
    assert lorenz(x)[[0, -1]].tolist() == [0.0, 1.0]


def test_bounds_hold_whatever_the_hidden_deals_are():
    rng = np.random.default_rng(3)
    found = generator_bounds(100.0, 2.0, 7, 30.0)
    for _ in range(200):
        values, shares = rng.uniform(0.0, 30.0, 7), rng.uniform(0.0, 1.0, 7)
        share = (2.0 + values @ shares) / (100.0 + values.sum())
        assert found.low <= share <= found.high
    at = majority_cap(100.0, 2.0, 7)
    assert generator_bounds(100.0, 2.0, 7, at).high == pytest.approx(0.5, rel=1e-14)
    assert majority_cap(100.0, 2.0, 0) == np.inf


def a_deal(content="News", year=2024, value="Undisclosed", codes=()):
    return DataDeal("a", "b", year, content, parse_value(value), frozenset(map(Code, codes)))


def test_counts_and_the_labelled_imputation():
    deals = [
        a_deal(value="10m"), a_deal(value="20m", year=2023), a_deal(), a_deal(year=2022), a_deal("Audio", codes="S"),
    ]  # fmt: skip
    found = disclosure(deals)
    assert (found.deals, found.valued, found.undisclosed, found.shared, found.shared_valued) == (5, 2, 3, 1, 0)
    assert imputed(deals) == 30e6 + 10e6 + 15e6 + 15e6  # of the year, of the type, of all


def test_a_table_without_any_value_has_no_concentration():
    found = summarise([a_deal()])
    assert found.concentration is None
    assert found.bounds is None
    assert found.totals.ceiling == 0.0


def test_imputation_takes_the_mean_of_year_or_type_or_all():
    rng = np.random.default_rng(4)
    deals = [
        a_deal(
            rng.choice(["News", "Audio", "Text"]),
            rng.choice([2022, 2023, None]),
            rng.choice(["7m", "3m", "9m", *["Undisclosed"] * 6]),
        )
        for _ in range(60)
    ]
    whole = 0.0
    for deal in deals:
        groups = [
            [o.value.low for o in deals if o.value and o.content == deal.content and o.year == deal.year],
            [o.value.low for o in deals if o.value and o.content == deal.content], [o.value.low for o in deals if o.value],
        ]  # fmt: skip
        whole += deal.value.low if deal.value else np.mean(next(group for group in groups if group))
    assert imputed(deals) == pytest.approx(whole, rel=1e-14)


@pytest.mark.parametrize(
    "bad", [{"hidden": -3}, {"hidden": 1.5}, {"documented": 101.0}, {"disclosed": -1.0}, {"at_most": -1.0}]
)
def test_bounds_have_ranges(bad):
    given = {"disclosed": np.float64(100.0), "documented": 2.0, "hidden": 7}
    assert generator_bounds(**given, cap=1.0) == generator_bounds(100.0, 2.0, 7, 1.0)
    with pytest.raises(ValueError, match=f"{next(iter(bad))}: .* given; allowed"):
        generator_bounds(**given | bad, cap=1.0)
    with pytest.raises(ValueError, match=f"{next(iter(bad))}: .* given; allowed"):
        majority_cap(**given | bad)
