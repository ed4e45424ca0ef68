#!/bin/bash
# One study as an array of slices, without a scheduler process:
#   jobid=$(sbatch --parsable runs/slurm/array.sh runs/headline.toml results/headline)
#   sbatch --dependency=afterok:$jobid --wrap "mfsolve merge results/headline"
# A slice that was cut off is continued by submitting the same array again.
#SBATCH --job-name=mfsolve
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
set -euo pipefail
exec mfsolve run "$1" --out "$2" --workers "$SLURM_CPUS_PER_TASK" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
