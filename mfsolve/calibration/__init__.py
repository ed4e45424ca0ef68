"""Calibration of any model by simulated moments: a study's moments simulated, stored, searched, and reported."""
