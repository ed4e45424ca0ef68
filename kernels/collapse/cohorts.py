"""Cohorts of producers for many small markets side by side: who revises, and their human items (MODEL 1.2, 1.7).

A cohort is the producers of a replicate that last revised in one generation, and so have one human share. Binomials are
asked for all cohorts of all replicates at once; `random.many_variates` draws them between two calls of this file.
"""

from typing import NamedTuple

import numpy as np

from .._jit import kernel


class Cohorts(NamedTuple):
    """Cohorts of L replicates: producers and human share of each (L, C), and how many there are (L,) int64."""

    count: np.ndarray
    share: np.ndarray
    alive: np.ndarray


@kernel
def ask_revisions(cohorts, first, probability, asked):
    """Ask how many producers of every cohort revise, with a probability (L,) of the replicate; returns the number.

    Replicates are numbered from `first` on.
    """
    k = 0
    for j in range(probability.size):
        for i in range(cohorts.alive[j]):
            asked.n[k] = cohorts.count[j, i]
            asked.p[k] = probability[j]
            asked.lane[k] = np.uint64(i)
            asked.replicate[k] = first + np.uint64(j)
            k += 1
    return k


@kernel
def found_cohorts(cohorts, target, asked):
    """Let the producers that revise found a cohort with the target share (L,); empty cohorts are forgotten."""
    k = 0
    for j in range(target.size):
        count, share = cohorts.count[j], cohorts.share[j]
        founders = 0.0
        left = 0
        for i in range(cohorts.alive[j]):
            founders += asked.drawn[k]
            stay, same = count[i] - asked.drawn[k], share[i]
            count[left], share[left] = stay, same
            left += 1 if stay > 0.0 else 0
            k += 1
        count[left], share[left] = founders, target[j]
        cohorts.alive[j] = left + (1 if founders > 0.0 else 0)


@kernel
def ask_labels(cohorts, first, items, asked):
    """Ask how many items of every cohort are human, `items` of each producer; returns the number of cohorts."""
    k = 0
    for j in range(cohorts.alive.size):
        for i in range(cohorts.alive[j]):
            asked.n[k] = cohorts.count[j, i] * items
            asked.p[k] = cohorts.share[j, i]
            asked.lane[k] = np.uint64(i)
            asked.replicate[k] = first + np.uint64(j)
            k += 1
    return k


@kernel
def count_cohort_labels(cohorts, everybody, asked, pools, rho):
    """Write the human and synthetic items of `everybody`'s, and the contamination of each pool (L,)."""
    k = 0
    for j in range(rho.size):
        human = 0.0
        for _ in range(cohorts.alive[j]):
            human += asked.drawn[k]
            k += 1
        rho[j] = 1.0 - human / everybody
        pools.human[j] = human
        pools.synthetic[j] = everybody - human
