"""Mean pair forces on particles, beyond the quadratic attraction to the mean (MODEL 2.2)."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.flow import langevin, particle_mesh
from mfsolve.models.parallel import blocks, run_blocks

from .diverged_error import DivergedError
from .energies import GaussianKernel, NegativeDistance
from .parameters import Parameters
from .potentials import human

NODES_PER_LENGTH = 6
"""Mesh nodes per kernel length: force error below 2e-4 of its largest value (tested)."""
REACH = 8.0
"""Kernel lengths of empty mesh around the cloud: the kernel there is below 1e-13, so the period does not show."""
LARGEST_MESH = 2**24


def pair_force(parameters: Parameters, threads: int) -> Callable[[Floats, Floats], None] | None:
    """Mean pair force of the parameters' interaction as a function force(x, out); None without a pair energy.

    out[k, i] = mean_j -d_k W(x_i - x_j) / strength for positions x (d, n).

    For `negative_distance` x is sorted in place: particles are exchangeable, and the force then depends on rank alone.
    """
    interaction = parameters.interaction
    if isinstance(interaction, NegativeDistance):
        return rank_force
    if isinstance(interaction, GaussianKernel):
        length = interaction.length
        if interaction.method == "direct":
            return lambda x, out: direct_force(length, x, out, threads)
        return lambda x, out: mesh_force(length, x, out, threads)
    return None


def refuse_fine_mesh(parameters: Parameters, particles: int) -> None:
    """Refuse a kernel so short that no mesh is fine enough over the particles at the start.

    Raises
    ------
    ValueError
        With the length from which on one is.
    """
    from scipy.special import ndtri

    pair = parameters.interaction
    if not isinstance(pair, GaussianKernel) or pair.method != "mesh":
        return
    tail = 1.0 / particles
    extent = -2.0 * float(ndtri(tail)) * float(np.sqrt(parameters.initial_variance))
    if parameters.initial == "human":
        law = human(parameters.potential, parameters.domain) if parameters.dimension == 1 else None
        extent = float(np.ptp(law.quantile(np.array([tail, 1.0 - tail])))) if law is not None else 2.0
    if parameters.domain is not None:
        extent = min(extent, parameters.domain[1] - parameters.domain[0])
    most = LARGEST_MESH ** (1.0 / parameters.dimension)
    if extent * NODES_PER_LENGTH > most * pair.length:
        raise ValueError(
            f"interaction: length: {pair.length:g} given; allowed with the particle mesh: about "
            f"{extent * NODES_PER_LENGTH / most:.2g} or more, for a cloud over {extent:.3g}; or method = 'direct'"
        )


def rank_force(x: Floats, out: Floats) -> None:
    """Force of the negative distance, mean_j sign(x_i - x_j), on particles x (1, n), which are sorted in place."""
    n = x.shape[1]
    x[0].sort()
    out[0] = (2.0 * np.arange(n) + 1.0 - n) / n


def direct_force(length: float, x: Floats, out: Floats, threads: int = 1) -> None:
    """Gaussian-kernel force by all pairs, O(N^2)."""

    def work(_: int, start: int, stop: int) -> None:
        langevin.direct_pairs(length**-2, x[:, start:stop], x, out[:, start:stop])

    run_blocks(work, x.shape[1], threads)


@cache
def _response(length: float, spacing: float, sizes: tuple[int, ...]) -> NDArray[np.complex128]:
    """Fourier multipliers (d, ...) from the deposit to -grad W * mu at the nodes, both splines divided out."""
    d = len(sizes)
    waves = [2.0 * np.pi * np.fft.fftfreq(n, spacing) for n in sizes[:-1]]
    waves.append(2.0 * np.pi * np.fft.rfftfreq(sizes[-1], spacing))
    grids = np.meshgrid(*waves, indexing="ij")
    square = sum(k * k for k in grids)
    window = np.ones(grids[0].shape)
    for k in grids:
        window = window * np.sinc(k * spacing / (2.0 * np.pi)) ** 4
    kernel = (length * np.sqrt(2.0 * np.pi)) ** d * np.exp(-0.5 * square * length**2) / spacing**d
    return np.stack([-1j * k * kernel / window**2 for k in grids])


def mesh_force(
    length: float, x: Floats, out: Floats, threads: int = 1, nodes_per_length: int = NODES_PER_LENGTH
) -> None:
    """Gaussian-kernel force by deposit on a mesh, fast Fourier transform and interpolation, O(N + G log G)."""
    from scipy.fft import next_fast_len

    d, n = x.shape
    spacing = length / nodes_per_length
    low, high = x.min(axis=1), x.max(axis=1)
    if not np.all(np.isfinite(high - low)):
        out[:] = np.nan
        return
    empty = int(np.ceil(REACH * nodes_per_length))
    needed = [int((high[k] - low[k]) / spacing) + 8 + empty for k in range(d)]
    if float(np.prod([float(m) for m in needed])) > LARGEST_MESH:
        raise DivergedError(
            f"particle mesh: {' x '.join(map(str, needed))} nodes needed for a cloud over "
            f"{np.max(high - low):g} with kernel length {length:g} ({n} particles); allowed: {LARGEST_MESH} nodes; "
            f"try a smaller dt or a longer kernel"
        )
    sizes = tuple(int(next_fast_len(m, real=True)) for m in needed)
    origin = low - 3.0 * spacing
    rows = np.empty((len(blocks(n)), *sizes))

    def spread(block: int, start: int, stop: int) -> None:
        if d == 1:
            particle_mesh.deposit(origin[0], 1.0 / spacing, x[0, start:stop], rows[block])
        else:
            particle_mesh.deposit_plane(origin, 1.0 / spacing, x[:, start:stop], rows[block])

    run_blocks(spread, n, threads)
    density = np.fft.rfftn(rows.sum(axis=0) / n)
    field = np.stack(
        [np.fft.irfftn(part * density, s=sizes, axes=range(d)) for part in _response(length, spacing, sizes)]
    )

    def gather(_: int, start: int, stop: int) -> None:
        if d == 1:
            particle_mesh.interpolate(origin[0], 1.0 / spacing, x[0, start:stop], field[0], out[0, start:stop])
        else:
            particle_mesh.interpolate_plane(origin, 1.0 / spacing, x[:, start:stop], field, out[:, start:stop])

    run_blocks(gather, n, threads)
