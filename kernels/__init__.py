"""Jitted kernels: the numerical core of mfsolve, on plain arrays and scalars.

Rules of this folder:

1. A kernel is pure: arrays and scalars in, results into arrays given by the caller. No globals, no
   input or output, no Python objects, no hidden random state: every draw is `philox(key, counter)`.
2. A kernel is serial and releases the GIL. Replicates are spread by the ensemble, blocks of one large
   replicate by threads of the caller; never `prange`, never `fastmath`.
3. The same bits on every x86-64: only IEEE operations (+ - * / sqrt) and integer arithmetic. No libm:
   `log`, `exp`, `sincos_eighth` come from `elementary`.
4. Loops over lanes are written so that LLVM vectorises them: branch-free bodies, one accumulator per
   lane, reductions by `sums`.
5. The letters are the papers': rho, delta, m, v, h. The words are in `mfsolve.models`.
6. Imports: numpy and numba only.
"""
