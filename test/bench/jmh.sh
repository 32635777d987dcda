#!/bin/sh
# Builds the micro-benchmarks and runs them; arguments go to JMH, for example
#
#   test/bench/jmh.sh                                   everything, with one caller
#   test/bench/jmh.sh -t 8 -p size=16 -p contestant=ttrpc,grpc
#   test/bench/jmh.sh Output                            what a process prints, as it comes from an agent
#
# Needs a JDK 25 in JAVA_HOME. The table's score is round trips per second; its lines "gc.alloc.rate.norm" are
# bytes allocated per round trip, both sides together. "Output" is the other benchmark: mebibytes a second, from server to client.
set -eu

cd "$(dirname "$0")/../.."
: "${JAVA_HOME:?names a JDK 25}"

mvn -q -Pbench -pl test/bench -am -DskipTests -Dspotless.check.skip=true \
    package dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=target/lib

exec "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -cp "test/bench/target/classes:test/bench/target/lib/*" org.openjdk.jmh.Main -prof gc "$@"
