"""The rows of the table of peers, system by system."""

from benchmarks.rows import (
    agents,
    calibration,
    collapse,
    creators,
    documents,
    equilibria,
    expectations,
    flow,
    normals,
    provenance,
    replicates,
    supply_shock,
)

ROWS = (
    *normals.ROWS,
    *collapse.ROWS,
    *equilibria.ROWS,
    *flow.ROWS,
    *expectations.ROWS,
    *provenance.ROWS,
    *documents.ROWS,
    *creators.ROWS,
    *supply_shock.ROWS,
    *agents.ROWS,
    *calibration.ROWS,
    *replicates.ROWS,
)
