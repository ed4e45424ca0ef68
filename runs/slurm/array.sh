#!/bin/bash
# One study as an array of slices, without a scheduler process; `mfsolve submit STUDY --array 16` writes and submits one:
#   jobid=$(sbatch --parsable runs/slurm/array.sh runs/headline.toml results/headline)
#   sbatch --dependency=afterok:${jobid%%;*} --kill-on-invalid-dep=yes --wrap "mfsolve merge results/headline"
# SLURM stops a slice one to two minutes before the end of its allocation: it is asked to do so 60 s before it, and may be
# 60 s early. What is stored is kept, the exit code is 143, and the joining is cancelled. Submit the same array again to
# go on, or some of its elements: the number of slices stays that of the whole array.
#SBATCH --job-name=mfsolve
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
set -euo pipefail
slices=${3:-16}
exec mfsolve run "$1" --out "$2" --workers "$SLURM_CPUS_PER_TASK" --shard "$SLURM_ARRAY_TASK_ID/$slices"
