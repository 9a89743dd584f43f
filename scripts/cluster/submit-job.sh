#!/usr/bin/env bash
# Hetevo as a job of a Ray cluster that is running already.
#
#   scripts/cluster/submit-job.sh http://HEAD:8265 emergence /shared/runs/large -s evolution.size=100000
#
# Hetevo must be installed on all nodes, in the version of this checkout; jobs need more of Ray than Hetevo, on the head
# and here: pip install 'hetevo[cluster]'. RUN must be an absolute path on a file system
# that survives the node on which Ray places the driver. Submitting again goes on with the run.
set -euo pipefail

dashboard=${1:?usage: submit-job.sh http://HEAD:8265 PRESET|FILE.toml RUN [option...]}
source_=${2:?usage: submit-job.sh http://HEAD:8265 PRESET|FILE.toml RUN [option...]}
run=${3:?usage: submit-job.sh http://HEAD:8265 PRESET|FILE.toml RUN [option...]}
shift 3
if [[ $run != /* ]]; then
    echo "submit-job: expected an absolute path of the run directory, got $run" >&2
    exit 2
fi

# shellcheck disable=SC2016  # RAY_ADDRESS is the cluster's, seen from the job: expanded there, not here
exec ray job submit --address "$dashboard" -- \
    bash -c 'exec hetevo run "$@" --backend ray --address "$RAY_ADDRESS" --or-resume' hetevo "$source_" -o "$run" "$@"
