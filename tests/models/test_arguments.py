"""Checks of arguments: one line that names argument, value and what is allowed; what is right passes unchanged."""

import enum
import math
import re
from fractions import Fraction

import numpy as np
import pytest
import xarray as xr

from mfsolve.models import arguments as check
from mfsolve.models.creators import DynamicParameters


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check.number("x", 2, "[0, 1]"), "x: 2 given; allowed: [0, 1]"),
        (lambda: check.number("x", 0.0, "(0, 1]"), "x: 0.0 given; allowed: (0, 1]"),
        (lambda: check.number("x", np.float64(1.0), "[0, 1)"), "x: 1.0 given; allowed: [0, 1)"),
        (lambda: check.number("x", math.nan, "[-inf, inf]"), "x: nan given; allowed: [-inf, inf]"),
        (lambda: check.number("x", 10**400, "[0, inf]"), "x: int given; allowed: [0, inf]"),
        (lambda: check.number("x", True, "[0, 1]"), "x: True given; allowed: a number in [0, 1]"),
        (lambda: check.number("x", "1", "[0, 1]"), "x: '1' given; allowed: a number in [0, 1]"),
        (lambda: check.number("x", None, "[0, 1]"), "x: None given; allowed: a number in [0, 1]"),
        (lambda: check.number("x", np.ones(1), "[0, 1]"), "x: array([1.]) given; allowed: a number in [0, 1]"),
        (lambda: check.whole("n", 0, 1, 9), "n: 0 given; allowed: whole numbers in [1, 9]"),
        (lambda: check.whole("n", 2.5, 1, 9), "n: 2.5 given; allowed: whole numbers in [1, 9]"),
        (lambda: check.whole("n", math.inf, 1, 9), "n: inf given; allowed: whole numbers in [1, 9]"),
        (lambda: check.whole("n", np.bool_(True), 1, 9), "n: True given; allowed: whole numbers in [1, 9]"),
        (lambda: check.seed_word("seed", -1, 64), "seed: -1 given; allowed: whole numbers in [0, 2^64 - 1]"),
        (lambda: check.seed_word("seed", 1.0, 64), "seed: 1.0 given; allowed: whole numbers in [0, 2^64 - 1]"),
        (lambda: check.thread_count(0), "threads: 0 given; allowed: whole numbers in [1, 1024]"),
        (lambda: check.numbers("x", [[0.0, 3.0]], "[0, 1]"), "x: 3.0 given; allowed: [0, 1]"),
        (lambda: check.numbers("x", ["a"], "[0, 1]"), "x: ['a'] given; allowed: numbers in [0, 1]"),
        (lambda: check.vector("x", [0.5, 2.0], "[0, 1]"), "x: 2.0 given at index 1; allowed: [0, 1]"),
        (lambda: check.vector("x", [], "[0, 1]"), "x: (0,) given; allowed: a vector (n,) with n >= 1"),
        (lambda: check.vector("x", 0.5, "[0, 1]"), "x: 0.5 given; allowed: a vector (n,) with n >= 1"),
        (lambda: check.vector("x", [0.5], "[0, 1]", 2), "x: (1,) given; allowed: a vector (2,)"),
        (lambda: check.vector("x", ["a"], "[0, 1]"), "x: ['a'] given; allowed: a vector of numbers in [0, 1]"),
        (lambda: check.increasing("t", [0, 1, 1]), "t: [0, 1, 1] given; allowed: strictly increasing numbers in [0, inf)"),
        (lambda: check.increasing("t", [-1.0]), "t: -1.0 given; allowed: [0, inf)"),
        (lambda: check.ascending((4, 8), 5, 1), "(4, 8) given; allowed: at least 1 ascending whole numbers from 5 on"),
        (lambda: check.ascending((8,), 5, 2), "(8,) given; allowed: at least 2 ascending whole numbers from 5 on"),
        (lambda: check.instance("p", {}, DynamicParameters), "p: {} given; allowed: creators.DynamicParameters"),
        (lambda: check.one_of("c", "green", Colour), "c: 'green' given; allowed: red, blue"),
        (lambda: check.one_of("c", 1, ("a", "b")), "c: 1 given; allowed: a, b"),
        (lambda: check.member("c", "green", Colour), "c: 'green' given; allowed: red, blue"),
        (lambda: check.two_axes(("a", [1]), ("a", [2])), "second: 'a' given twice; allowed: a parameter other than the first axis's"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_line(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_what_is_long_is_shown_by_its_type():
    assert check.shown(np.zeros(99)) == "ndarray"
    assert check.shown(np.float64(0.5)) == "0.5"


def test_numbers_of_every_kind_pass():
    for half in (0.5, np.float32(0.5), np.array(0.5), Fraction(1, 2), xr.DataArray(0.5)):
        found = check.number("x", half, "[0, 1]")
        assert (type(found), found) == (float, 0.5)
    for two in (2, 2.0, np.int8(2), np.array(2)):
        found = check.whole("n", two, 1, 9)
        assert (type(found), found) == (int, 2)
    assert check.whole("n", 2**53 + 1, 0, 2**60) == 2**53 + 1
    assert check.seed_word("seed", 2**64 - 1, 64) == np.uint64(2**64 - 1)


def test_ends_of_intervals():
    at = np.array([-np.inf, 0.0, 0.5, 1.0, np.inf, np.nan])
    assert check.inside(at, "[0, 1)").tolist() == [False, True, True, False, False, False]
    assert check.inside(at, "(0, 1]").tolist() == [False, False, True, True, False, False]
    assert check.inside(at, "(-inf, inf]").tolist() == [False, True, True, True, True, False]


def test_arrays_pass_unchanged():
    x = np.arange(6.0)
    assert check.vector("x", x, "[0, inf)") is x
    assert check.numbers("x", x, "[0, inf)") is x
    assert check.vector("x", x[::2], "[0, inf)").flags.c_contiguous
    assert check.increasing("t", 3).tolist() == [3.0]
    assert [axis.tolist() for axis in check.two_axes(("a", 1), ("b", [2, 3]))] == [[1.0], [2.0, 3.0]]
    assert check.member("c", "red", Colour) is Colour.RED
    assert check.one_of("c", "blue", Colour) == "blue"


def test_unknown_names_are_told_the_nearest():
    assert check.nearest("bleu", Colour) == "; did you mean blue?"
    assert check.nearest("zzz", ["red", "blue"]) == "; known: red, blue"
