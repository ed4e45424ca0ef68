"""Numbers of the laws whose models are refitted to their own samples (MODEL 9.12, 9.13)."""

NORMAL, EXPONENTIAL, POISSON, BERNOULLI = range(4)
