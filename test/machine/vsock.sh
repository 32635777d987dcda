#!/usr/bin/env bash
# The contract for agents (AgentContract) over a real AF_VSOCK: the default guest's agent in a guest of the machine's of run.sh, whose kernel has
# vhost-vsock. That guest is emulated twice, so the limits are long, and a test takes what it takes.
#
#   test/machine/vsock.sh [SUITES]               SUITES: the suites of test/, built (default: test/target/suites, where test/run.sh keeps them)
#   test/machine/vsock.sh --figures [SUITES]     what the transport costs, beside a serial port (transport_figures.sh)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"
script=contract.sh
[[ ${1:-} != --figures ]] || { script=transport_figures.sh; shift; }
suites=${1:-$top/test/target/suites}
[[ -d $suites/test-classes && -d $suites/lib ]] || die "there are no suites in $suites: test/run.sh --only machine builds them"
work=$(mktemp -d "${TMPDIR:-/tmp}/saya-vsock.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
# What a Java needs that runs JUnit and no more: the machine has none, and reads each byte of it through an emulated disk.
jdk=$(find_jdk 25)
"$jdk/bin/jlink" --add-modules java.base,java.instrument,java.logging,java.management,java.xml,jdk.management,jdk.unsupported --strip-debug --no-man-pages \
  --no-header-files --generate-cds-archive --output "$work/java"
cp -a "$suites" "$work/suites"
"$here/run.sh" "$here/$script" "$work/java" "$work/suites"
