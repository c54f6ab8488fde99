#!/bin/bash
# The entry point of a job: start.sh train.py|draw.py [ARGUMENTS]. Installs the packages of the
# channel `wheels`, without a network, and becomes the program, so that it gets SIGTERM itself.
code=$(dirname "$0")
failure="$code/../../../output/failure"
# An entry point of one's own by-passes the image's: newer CUDA on older drivers needs this.
if [ -f /usr/local/bin/start_cuda_compat.sh ]; then source /usr/local/bin/start_cuda_compat.sh; fi
if ! python -m pip install --quiet --no-index --find-links "$code/../wheels" -r "$code/requirements.txt"; then
  echo "The packages of the job cannot be installed: run \`onmodel trainer prepare\`" > "$failure"
  exit 1
fi
program=$1
shift
exec python "$code/$program" "$@"
