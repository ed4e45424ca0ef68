#!/bin/bash
# One study on a Dask cluster inside one allocation: a scheduler, a worker per task, and the client.
#   sbatch runs/slurm/dask.sh runs/headline.toml results/headline
# SLURM stops the run one to two minutes before the end of the allocation: it is asked to do so 60 s before it, and may be
# 60 s early. What is stored is kept; submitted again, it goes on.
#SBATCH --job-name=mfsolve-dask
#SBATCH --ntasks=16
#SBATCH --cpus-per-task=1
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
set -euo pipefail
file=$PWD/scheduler-$SLURM_JOB_ID.json
trap 'kill $(jobs -p) 2>/dev/null; rm -f "$file"' EXIT
trap 'kill -TERM "$run" 2>/dev/null; wait "$run"; exit' TERM
dask scheduler --scheduler-file "$file" --no-dashboard &
srun dask worker --scheduler-file "$file" --nthreads "$SLURM_CPUS_PER_TASK" --no-dashboard &
for _ in $(seq 120); do [ -s "$file" ] && break; sleep 1; done
mfsolve run "$1" --out "$2" --scheduler "$file" --wait 1:00:00 &  # workers may come late
run=$!
wait "$run"
