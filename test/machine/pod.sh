#!/usr/bin/env bash
# The checks of pod_checks.sh, in a machine of run.sh that has CNI's plugins as well. Their client, crictl, is in no package of Debian 12's: it is
# built from its Go module, and without Go they are skipped.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../target/hosts/crictl
source "$here/../../packaging/lib/debian.sh"
source "$here/../../packaging/lib/containerd.sh"
source "$here/../hosts/modules.sh"
need_packages busybox-static
# shellcheck disable=SC2154  # both of modules.sh
build_module "$cri_tools" "$target" cmd/crictl || { echo "skipped: $why"; exit 0; }
work=$(mktemp -d "${TMPDIR:-/tmp}/saya-pod-checks.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
demo_image "$work/image.tar" saya.local/checks:latest
demo_image "$work/pause.tar" saya.local/pause:latest '["/bin/sh","-c","trap \"exit 0\" TERM INT; while :; do sleep 2147483647 & wait; done"]'
MACHINE_PACKAGES=containernetworking-plugins MACHINE_MIB=3072 "$here/run.sh" "$here/pod_checks.sh" "$here/assertions.sh" "$target/bin/crictl" "$work/image.tar" "$work/pause.tar"
