#!/bin/bash
# One study on a Dask cluster inside one allocation: a scheduler, a worker per task, and the client.
#   sbatch runs/slurm/dask.sh runs/headline.toml results/headline
#SBATCH --job-name=mfsolve-dask
#SBATCH --ntasks=16
#SBATCH --cpus-per-task=1
#SBATCH --time=04:00:00
set -euo pipefail
file=$PWD/scheduler-$SLURM_JOB_ID.json
dask scheduler --scheduler-file "$file" --no-dashboard &
srun dask worker --scheduler-file "$file" --nthreads "$SLURM_CPUS_PER_TASK" --no-dashboard &
until [ -s "$file" ]; do sleep 1; done
mfsolve run "$1" --out "$2" --scheduler "$file"
