#!/usr/bin/env bash
# The checks of checks.sh, in a machine of run.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../packaging/lib/debian.sh"
source "$here/../../packaging/lib/containerd.sh"
need_packages busybox-static
work=$(mktemp -d "${TMPDIR:-/tmp}/saya-checks.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
demo_image "$work/image.tar" saya.local/checks:latest
"$here/run.sh" "$here/checks.sh" "$here/assertions.sh" "$work/image.tar"
