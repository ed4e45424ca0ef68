"""Standard normals and sums of long arrays."""

from collections.abc import Callable

import numpy as np
from benchmarks.row import Contender, Peer, Row, z_score
from mfsolve.kernels.numerics import sums
from mfsolve.kernels.random import normals as kernels
from mfsolve.kernels.random import philox

BLOCK = 2**14  # a block stays in the second-level cache
KEY, ZERO = philox.stream_key(1, "a"), np.uint64(0)


def moments(block: Callable[[int], np.ndarray]) -> float:
    """Largest distance of the first four moments of 2^20 draws from those of the normal law, in standard errors."""
    x = np.concatenate([np.array(block(k)) for k in range(64)])
    powers = ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0))
    return max(z_score(float(np.mean(x**k)), mean, (variance / x.size) ** 0.5) for k, mean, variance in powers)


def in_blocks(block: Callable[[int], np.ndarray], n: int) -> Contender:
    def call():
        for k in range(n // BLOCK):
            block(k)

    return Contender(call, lambda _: moments(block))


def ours(n, threads):
    out = np.empty((2, BLOCK // 2))

    def block(k):
        kernels.normals(KEY, np.uint64(k), ZERO, ZERO, ZERO, out[0], out[1])
        return out.ravel()

    return in_blocks(block, n)


def numpy(n, threads):
    generator, out = np.random.Generator(np.random.SFC64(1)), np.empty(BLOCK)
    return in_blocks(lambda k: generator.standard_normal(out=out), n)


def mkl(n, threads):
    import mkl_random

    generator = mkl_random.RandomState(1, brng="SFMT19937")
    return in_blocks(lambda k: generator.standard_normal(BLOCK, method="BoxMuller2"), n)


def numba_generator(n, threads):
    import numba

    @numba.njit(error_model="numpy")
    def fill(generator, out):
        for i in range(out.size):
            out[i] = generator.standard_normal()

    generator, out = np.random.Generator(np.random.SFC64(1)), np.empty(BLOCK)

    def block(k):
        fill(generator, out)
        return out

    return in_blocks(block, n)


def jax(n, threads):
    import jax

    jax.config.update("jax_enable_x64", True)
    draw = jax.jit(lambda key: jax.random.normal(key, (BLOCK,), dtype="float64"))
    keys = jax.random.split(jax.random.key(1, impl="threefry2x32"), max(64, n // BLOCK))
    return in_blocks(lambda k: draw(keys[k]).block_until_ready(), n)


def words(n, threads):
    counter, out = np.zeros(4, np.uint64), np.empty((BLOCK // 4, 4), np.uint64)

    def call():
        for _ in range(n // BLOCK):
            philox.words(KEY, counter, out)

    return Contender(call)


def total(n, threads):
    x = np.random.default_rng(0).normal(size=n)
    return Contender(lambda: sums.total(x), lambda found: abs(found - exact(x)))


def numpy_total(n, threads):
    x = np.random.default_rng(0).normal(size=n)
    return Contender(lambda: np.sum(x), lambda found: abs(found - exact(x)))


def exact(x):
    import math

    return math.fsum(x)


ROWS = (
    Row(
        "normals", "{n} standard normals, in blocks of 2^14", "largest of the first four moments' distances, in standard errors",
        2**20, ours,
        (
            Peer("mkl_random", "mkl_random SFMT19937, BoxMuller2", mkl),
            Peer("numpy", "NumPy SFC64, its fastest", numpy),
            Peer("numba", "Numba's jitted Generator, SFC64", numba_generator),
            Peer("jax", "jax.random.normal", jax),
        ),
        ("its Philox words", words), (2**16, 2**18, 2**20, 2**22),
    ),
    Row(
        "sum", "the sum of {n} numbers", "distance from the exact sum", 10**6, total,
        (Peer("numpy", "np.sum, whose order depends on the CPU", numpy_total),), None, (10**5, 10**6, 10**7), seconds=1.0,
    ),
)  # fmt: skip
