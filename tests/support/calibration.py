"""Studies that are calibrated within seconds, and a row that they share with others."""

GAIN = """
[[estimates]]
name = "gain"
statistic = "gain"
quantity = "quality"
policy = "closed_form"
baseline = "none"
"""
ESTIMATES = """
[policies.none]
[policies.fixed]
subsidy = 0.2
[[estimates]]
name = "contamination"
quantity = "contamination"
policy = "none"
published = 0.2
[[estimates]]
name = "quality"
quantity = "quality"
policy = "none"
published = 0.9
[[estimates]]
name = "drift"
quantity = "w2_drift"
policy = "none"
"""

STUDY = """
title = "to calibrate"
model = "collapse"
figures = []

[population]
producers = 5000
items = 16
generations = 5
sampling = "statistics"

[policies.none]
[policies.closed_form]

[ensemble]
replicates = 4
seed = 7

[calibration]
replicates = 8
evaluations = 50
design = 8
starts = 1

[calibration.free]
parameters.initial_contamination = { range = [0.02, 0.3], scale = "log" }
parameters.imitation = [0.3, 1.2]

[[estimates]]
name = "contamination"
quantity = "contamination"
policy = "none"
published = 0.62

[[estimates]]
name = "contamination early"
quantity = "contamination"
policy = "none"
at = 2
published = 0.23
standard_error = 0.01
"""
STUDY += f"""{GAIN}published = 0.077
percent = true
"""
