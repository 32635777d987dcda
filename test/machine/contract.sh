#!/bin/bash
# VsockAgentTest in the machine (run.sh): nothing of it may be left out for want of a vsock.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[[ -e /dev/vhost-vsock ]] || { echo "FAILED: this machine has no /dev/vhost-vsock"; exit 1; }
status=0
echo "the guest boots, which takes minutes"
java/bin/java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -Dsaya.product="$PWD/saya" -Dsaya.agent.limit=900 -cp 'suites/test-classes:suites/classes:suites/lib/*' \
  org.junit.platform.console.ConsoleLauncher execute --disable-banner --fail-if-no-tests --details=testfeed --disable-ansi-colors \
  --select-class=io.saya.test.agent.VsockAgentTest > said 2>&1 & java=$!
tail -n +1 -F --pid="$java" said 2>/dev/null
wait "$java" || status=$?
for none in 'containers aborted' 'containers skipped' 'tests aborted' 'tests skipped'; do
  [[ $(sed -n "s/^\[ *\([0-9]*\) $none *\]$/\1/p" said) == 0 ]] || { echo "FAILED: not 0 $none"; exit 1; }
done
exit "$status"
