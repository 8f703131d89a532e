#!/usr/bin/env bash
# Workers on a cluster of Slurm: sbatch --array=1-16 docs/scale-out/slurm.sh
# Before: export POLYMATH_QUEUE=redis://HOST:6379 POLYMATH_QUEUE_PASSWORD=… POLYMATH_ARTIFACTS=/shared/polymath
#SBATCH --job-name=polymath-worker
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=08:00:00
#SBATCH --requeue
# Half a minute before the time is up, the task goes back to the queue with its checkpoint.
#SBATCH --signal=TERM@30
#SBATCH --output=polymath-worker-%A-%a.log
set -euo pipefail
# With GPUs: add `#SBATCH --gpus-per-task=1` above and `--device cuda` below.
exec srun polymath worker --threads "$SLURM_CPUS_PER_TASK" --device cpu
