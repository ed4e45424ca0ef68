"""Origin of stored numbers: the code of an experiment, and the libraries that decide their bits."""
