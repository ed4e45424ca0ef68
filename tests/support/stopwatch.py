"""Times of functions that are compared: called in turn, so that a machine that slows down slows all of them."""

import statistics
import time


def medians(*functions, rounds, clock=time.perf_counter):
    """Median seconds of a call of each function; one call of each before goes uncounted.

    With `time.process_time` other processes do not count: a fair clock for functions that keep one core busy.
    """
    times = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        for own, function in zip(times, functions):
            start = clock()
            function()
            own.append(clock() - start)
    return [statistics.median(own) for own in times]


def fastest(function, rounds):
    """Least processor seconds of a call: other processes do not count, whether the call is short or long."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)
