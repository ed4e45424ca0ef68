"""Figures are closed after each test of a view."""

import pytest


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")
