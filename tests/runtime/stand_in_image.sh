#!/usr/bin/env bash
# A stand-in for public.ecr.aws/lambda/python:3.13-x86_64, where that registry cannot be reached:
# Debian 13 (Python 3.13), AWS's own runtime client, boto3. Needs root, debootstrap, a Docker engine.
# Where the registry answers, `sam local invoke` pulls the real image and this is not needed.
set -euo pipefail

image=public.ecr.aws/lambda/python:3.13-x86_64
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
uv=${UV:-$(dirname "$0")/../../.venv-tools/bin/uv}
root=${1:-$(mktemp -d)}

[ -x "$root/usr/bin/python3.13" ] ||
  debootstrap --variant=minbase --include=python3,ca-certificates trixie "$root" "$mirror"

"$uv" pip install --quiet --target "$root/var/runtime" --python-version 3.13 \
  --python-platform x86_64-manylinux_2_34 --only-binary :all: \
  --requirements "$(dirname "$0")/requirements.txt"

# what the runtime interface emulator starts; layers come before the runtime's own boto3
cat > "$root/var/runtime/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
export PYTHONPATH="/var/task:/opt/python:/var/runtime"
exec /usr/bin/python3.13 -m awslambdaric "$_HANDLER"
BOOTSTRAP
chmod 755 "$root/var/runtime/bootstrap"
mkdir -p "$root/var/task" "$root/opt"

tar --directory "$root" --exclude ./var/cache --exclude ./var/lib/apt --exclude ./usr/share/doc \
  --exclude ./proc --exclude ./sys --create . |
  docker import --change 'WORKDIR /var/task' --change 'ENV LAMBDA_TASK_ROOT=/var/task' \
    --change 'ENV LAMBDA_RUNTIME_DIR=/var/runtime' --change 'ENV LANG=C.UTF-8' \
    --change 'ENV TZ=:UTC' - "$image"
