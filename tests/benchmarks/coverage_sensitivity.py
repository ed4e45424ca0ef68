"""Cases of the coverage table: Sobol's indices and Morris's effects of functions whose own are known."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator

from mfsolve.inference.elementary_effects import elementary_effects, spread
from mfsolve.inference.means import mean_of
from mfsolve.inference.sobol_indices import sobol_indices
from mfsolve.study.file import designs

NOISE = 0.3
"""Standard error of an output with replicates, in standard deviations of the output over the design."""


def ishigami(x: Any) -> Any:
    """Ishigami & Homma (1990), a = 7, b = 0.1, on the unit cube: the third setting acts through the first alone."""
    y = np.pi * (2.0 * x - 1.0)
    return np.sin(y[..., 0]) + 7.0 * np.sin(y[..., 1]) ** 2 + 0.1 * y[..., 2] ** 4 * np.sin(y[..., 0])


def ishigami_indices() -> tuple[list[float], list[float], float]:
    """First and total indices, and the variance."""
    alone = [0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 49 / 8, 0.0]
    third = 8 * 0.1**2 * np.pi**8 / 225
    variance = sum(alone) + third
    return [v / variance for v in alone], [(v + w) / variance for v, w in zip(alone, (third, 0.0, third))], variance


WEIGHTS = (0.0, 0.5, 3.0, 9.0, 99.0)


def sobol_g(x: Any) -> Any:
    """Sobol's g-function with weights from decisive to hardly active."""
    a = np.array(WEIGHTS)
    return np.prod((np.abs(4.0 * x - 2.0) + a) / (1.0 + a), axis=-1)


def g_indices() -> tuple[list[float], list[float], float]:
    """First and total indices, and the variance."""
    parts = 1.0 / (3.0 * (1.0 + np.array(WEIGHTS)) ** 2)
    variance = float(np.prod(1.0 + parts) - 1.0)
    total = parts * np.prod(1.0 + parts) / (1.0 + parts) / variance
    return (parts / variance).tolist(), total.tolist(), variance


def product(x: Any) -> Any:
    """Nothing but interaction, of the first two; the third setting is inactive."""
    return (x[..., 0] - 0.5) * (x[..., 1] - 0.5)


def product_indices() -> tuple[list[float], list[float], float]:
    """First and total indices, and the variance."""
    return [0.0, 0.0, 0.0], [1.0, 1.0, 0.0], 1.0 / 144.0


def rare_event(x: Any) -> Any:
    """An event of probability 0.05: few base points dominate the variance."""
    return ((x[..., 0] > 0.9) & (x[..., 1] > 0.5)) * 1.0


def rare_indices() -> tuple[list[float], list[float], float]:
    """First and total indices, and the variance."""
    variance = 0.05 * 0.95
    alone = [0.5**2 * 0.09 / variance, 0.1**2 * 0.25 / variance, 0.0]
    return alone, [1.0 - alone[1], 1.0 - alone[0], 0.0], variance


def added(x: Any) -> Any:
    """The sum of all settings."""
    return x.sum(axis=-1)


def sum_indices(settings: int) -> Callable[[], tuple[list[float], list[float], float]]:
    """First and total indices of the sum, and the variance."""
    return lambda: ([1.0 / settings] * settings, [1.0 / settings] * settings, settings / 12.0)


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[], tuple[list[float], list[float], float]]]] = {
    "Ishigami": (ishigami, ishigami_indices),
    "g-function": (sobol_g, g_indices),
    "interaction alone": (product, product_indices),
    "rare event": (rare_event, rare_indices),
    **{f"sum of {d}": (added, sum_indices(d)) for d in (5, 10, 15)},
}
SHOWN = {"Ishigami": (0, 2), "g-function": (0, 3, 4), "interaction alone": (0, 2)}
"""Settings whose indices are measured."""


def sobol(rng: Generator, name: str, points: int, setting: int, which: int, noise: float = 0.0) -> Any:
    """First (0) or total (1) index of a setting, from a design of its own."""
    function, truth = FUNCTIONS[name]
    first, _, variance = truth()
    d, seed = len(first), int(rng.integers(2**31))
    rows = designs.saltelli(points, d, seed).reshape(d + 2, points, d)[[0, 1, 2 + setting]]
    error = np.full((3, points), noise * math.sqrt(variance))
    return sobol_indices(function(rows) + error * rng.standard_normal(error.shape), error, 0.95)[0][which]


def effect(rng: Generator, name: str, trajectories: int, setting: int, which: int) -> Any:
    """Mean size (0), mean (1) or spread (2) of a setting's elementary effects."""
    function, truth = FUNCTIONS[name]
    d, seed = len(truth()[0]), int(rng.integers(2**31))
    points = designs.morris(trajectories, d, seed).reshape(trajectories, d + 1, d)
    found = elementary_effects(function(points), points)[:, setting]
    return spread(found, 0.95) if which == 2 else mean_of(found if which else np.abs(found), 0.95)


def true_effects(name: str, setting: int) -> tuple[float, float, float]:
    """Size, mean and spread over all steps of the design: levels 0, 1/3, 2/3, 1 and a step of 2/3 up or down."""
    function, truth = FUNCTIONS[name]
    d = len(truth()[0])
    levels = np.array([0.0, 1.0, 2.0, 3.0]) / 3.0
    others = np.stack(np.meshgrid(*[levels] * (d - 1), indexing="ij"), -1).reshape(-1, d - 1)
    found = []
    for low in (0.0, 1.0 / 3.0):
        ends = [np.insert(others, setting, end, axis=1) for end in (low, low + 2.0 / 3.0)]
        found.append((function(ends[1]) - function(ends[0])) * 1.5)
    effects = np.concatenate(found)
    return float(np.abs(effects).mean()), float(effects.mean()), float(effects.std())


def cases() -> Iterator[tuple[Any, ...]]:
    """Kind, situation, truth, draw and share of the repetitions of every case."""
    for name, settings in SHOWN.items():
        first, total, _ = FUNCTIONS[name][1]()
        for points in (32, 128):
            for setting in settings:
                for which, (word, truth) in enumerate((("alone", first[setting]), ("with all others", total[setting]))):
                    yield (
                        "Sobol index", f"{name}, setting {setting + 1} {word}, {points} base points", truth,
                        lambda rng, n=name, p=points, s=setting, w=which: sobol(rng, n, p, s, w), 0.8,
                    )  # fmt: skip
        for trajectories in (6, 20, 80):
            for setting in settings[:2]:
                for which, word in enumerate(("size", "mean", "spread")):
                    yield (
                        "Morris effect", f"{name}, setting {setting + 1}, {word}, {trajectories} trajectories",
                        true_effects(name, setting)[which],
                        lambda rng, n=name, p=trajectories, s=setting, w=which: effect(rng, n, p, s, w), 0.2,
                    )  # fmt: skip
    awkward = [("rare event", 1, n) for n in (32, 128, 512)] + [("sum of 5", 5, 128), ("sum of 10", 5, 32)]
    awkward += [("rare event", 2, n) for n in (32, 128, 512)] + [("sum of 10", 8, 32), ("sum of 15", 15, 64)]
    for name, setting, points in awkward:
        first, whole, _ = FUNCTIONS[name][1]()
        for which, (word, truth) in enumerate((("alone", first), ("with all others", whole))):
            yield (
                "Sobol index", f"{name}, setting {setting} {word}, {points} base points", truth[setting - 1],
                lambda rng, n=name, p=points, s=setting - 1, w=which: sobol(rng, n, p, s, w), 0.8,
            )  # fmt: skip
    for points in (32, 128):
        first, total, _ = ishigami_indices()
        for setting in (0, 2):
            for which, (word, truth) in enumerate((("alone", first[setting]), ("with all others", total[setting]))):
                yield (
                    "Sobol index", f"Ishigami with noise, setting {setting + 1} {word}, {points} base points", truth,
                    lambda rng, p=points, s=setting, w=which: sobol(rng, "Ishigami", p, s, w, NOISE), 0.8,
                )  # fmt: skip
