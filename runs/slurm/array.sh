#!/bin/bash
# One study as an array of slices, without a scheduler process; `mfsolve submit STUDY --array 16` writes and submits one:
#   jobid=$(sbatch --parsable runs/slurm/array.sh runs/headline.toml results/headline)
#   sbatch --dependency=afterok:$jobid --wrap "mfsolve merge results/headline"
# A slice stops a minute before the end of its allocation, which SLURM tells it, and keeps what is stored. Submit the
# same array again to go on, or some of its elements: the number of slices stays that of the whole array.
#SBATCH --job-name=mfsolve
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
set -euo pipefail
slices=${3:-16}
exec mfsolve run "$1" --out "$2" --workers "$SLURM_CPUS_PER_TASK" --shard "$SLURM_ARRAY_TASK_ID/$slices"
