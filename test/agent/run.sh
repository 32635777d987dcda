#!/usr/bin/env bash
# Tries an agent of a guest against what Saya relies on (AgentContract), wherever it is and whatever release.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..

usage() {
  cat << 'END'
usage: test/agent/run.sh ADDRESS [--dialect ttrpc|grpc|grpc+yamux] [--limit SECONDS] [--figures]

  ADDRESS    unix:PATH        a Unix socket: an agent without a machine, or QEMU's end of a virtio-serial port
             hvsock:PATH:PORT the socket of a VMM or a vsock daemon that wants CONNECT PORT
             vsock:CID:PORT   a guest's vsock
  --dialect  ttrpc for agents of Kata 2.0 and later and the default guest's, the default; grpc for those of Kata 1.x by vsock, grpc+yamux
             at a serial port
  --limit    for each answer, 60 by default; a slow guest needs more
  --figures  tries nothing, but measures: the time to the first answer, calls, execs, output, input

The agent must be alone in its guest, and stays there: a sandbox is made in it, and containers of busybox (the host's /bin/busybox, linked
statically) that CopyFile brings. Needs what Maven builds (mvn -DskipTests package) and nothing else of this host.
END
}

address='' dialect=ttrpc limit=60 figures=
while (($#)); do
  case $1 in
    --dialect) dialect=${2:?--dialect needs a value}; shift ;;
    --limit) limit=${2:?--limit needs a value}; shift ;;
    --figures) figures=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) address=$1 ;;
  esac
  shift
done
[[ $address ]] || { usage >&2; exit 2; }
[[ -x /bin/busybox ]] || { echo "run.sh: there is no /bin/busybox (Debian: busybox-static)" >&2; exit 1; }
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
classes=$here/../target/test-classes product=$top/packaging/target/saya/lib
[[ -d $classes && -d $product ]] || { echo "run.sh: $classes or $product is not there: build first" >&2; exit 1; }

main=(org.junit.platform.console.ConsoleLauncher execute --disable-banner --fail-if-no-tests --details=tree --select-class=io.saya.test.agent.GivenAgentTest)
[[ -z $figures ]] || main=(io.saya.test.agent.AgentFigures)
exec "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow "-Dsaya.agent=$address" "-Dsaya.agent.dialect=$dialect" "-Dsaya.agent.limit=$limit" \
  -cp "${CONTRACT_CLASSPATH:-$classes:$here/../target/lib/*:$product/*:$product/cli/*}" "${main[@]}"
