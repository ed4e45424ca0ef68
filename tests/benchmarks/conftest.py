"""What a benchmark noted in `extra_info`, ratios to its peers above all, is printed under its name."""

import pytest


def _readable(value):
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_readable(item)}" for name, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@pytest.fixture(autouse=True)
def show(request, capsys):
    """Print the notes of a benchmark when it has run."""
    noted = request.getfixturevalue("benchmark").extra_info if "benchmark" in request.fixturenames else {}
    yield
    with capsys.disabled():
        for name, value in noted.items():
            print(f"\n{request.node.name}: {name}: {_readable(value)}", end="")
