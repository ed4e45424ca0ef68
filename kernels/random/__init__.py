"""Random numbers from counters: every draw is a pure function of what it is for."""
