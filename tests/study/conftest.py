import pytest

from mfsolve.study.execution.execute import OVER, STOP


@pytest.fixture
def no_stop_requested():
    """No request to stop, before and after a test."""
    STOP.clear()
    OVER.clear()
    yield
    STOP.clear()
    OVER.clear()
