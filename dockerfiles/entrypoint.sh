#!/usr/bin/env bash
# Trains in a container as cs-train does elsewhere: reads the secrets that the environment names and
# becomes cs-train, which fetches the one data set that the arguments name. It writes below TMPDIR only.
set -euo pipefail

for argument in "$@"; do
    case $argument in # these show something and run nothing
        -h | --help | --hydra-help | --version | -c | --cfg* | -i | --info*) exec cs-train "$@" ;;
    esac
done

step() { # WHAT COMMAND...
    local status=0
    "${@:2}" || status=$?
    if ((status)); then
        echo "entrypoint: $1 failed with exit code $status" >&2
        exit "$status"
    fi
}

work=${TMPDIR:-/tmp}/cs-train
make_folder() {
    mkdir -p "$work" && cp -R /app/.dvc /app/data "$work" &&
        printf '[core]\n    no_scm = true\n' >"$work/.dvc/config.local" # there is no git here
}
step "making the folder $work" make_folder
cd "$work"
write_version() { # of the data set, as the folder had it that the job was submitted from
    rm -f data/raw/"${CS_DATASET_FILE%%.*}".*.dvc && printf '%s\n' "$CS_DATASET_VERSION" >"data/raw/$CS_DATASET_FILE"
}
if [[ ${CS_DATASET_FILE:-} ]]; then
    step "writing data/raw/$CS_DATASET_FILE" write_version
fi
[[ -w ${HOME:-/} ]] || export HOME=$work # on a read-only disk, or as somebody else
if [[ ${CS_BASE_MODEL:-} ]]; then
    export HF_HUB_CACHE=/opt/models HF_HUB_OFFLINE=1
fi

gpu_is_there() {
    python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL("libcuda.so.1").cuInit(0))' 2>/dev/null
}
if [[ ${CS_NEEDS_GPU:-} && " $* " != *' accelerator='* ]]; then
    step 'finding a GPU (docker run --gpus all gives one; accelerator=cpu does without)' gpu_is_there
fi
exec cs-cloud with-secrets -- cs-train "$@"
