#!/usr/bin/env bash
# run.sh MINUTES [DIRECTORY]: fuzzes what is written in C (launcher, guard, the guest's agent; libFuzzer) and in Java (Jazzer, from Maven
# Central), each target for its part of the minutes, one after the other. What is new is kept in DIRECTORY (test/target/fuzz), where the
# next run begins; a find stops it, and is named. SAYA_FUZZ=c or SAYA_FUZZ=java: one of the two alone.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"
[[ ${1:-} =~ ^[1-9][0-9]*$ ]] || die "usage: test/fuzz/run.sh MINUTES [DIRECTORY]"
work=${2:-$top/test/target/fuzz}
which=${SAYA_FUZZ:-c java}
mkdir -p "$work/finds"

launcher=$top/packaging/launcher agent=$top/packaging/guest/agent
targets=()
[[ $which != *c* ]] || targets+=(launcher/bootstrap launcher/bundle launcher/calls launcher/channel launcher/journal agent/frames agent/requests)
# Module, class, corpus.
readers=()
[[ $which != *java* ]] || readers+=(
  agent-proto/ttrpc-java:ttrpc.wire.FramesFuzz:frames
  runtime-core:agent.AnswersFuzz:answers runtime-core:agent.SpecificationFuzz:specification runtime-core:network.NetlinkFuzz:netlink
  qemu:qemu.qmp.QmpFuzz:qmp qemu:qemu.ConsoleFuzz:console
  configuration:config.toml.TomlFuzz:toml configuration:config.annotation.AnnotationsFuzz:annotations)
seconds=$(($1 * 60 / (${#targets[@]} + ${#readers[@]})))

total=0
# counted NAME LOG: what libFuzzer, which Jazzer is made of as well, says of its runs.
counted() {
  local runs
  runs=$(awk '/stat::number_of_executed_units/ {print $2}' "$2")
  printf '%-28s %12d runs\n' "$1" "$runs"
  total=$((total + runs))
}

if (( ${#targets[@]} > 0 )); then
  need_packages clang gcc libc6-dev libclang-rt-14-dev libjansson-dev libprotobuf-c-dev libprotobuf-dev libyajl-dev make nettle-dev protobuf-c-compiler
  make -s -C "$launcher" OUT="$work/launcher" "$work"/launcher/fuzz_{bootstrap,bundle,calls,channel,journal}
  make -s -C "$agent" BUILD="$work/agent" "$work"/agent/fuzz_{frames,requests}
fi
for target in "${targets[@]}"; do
  part=${target%/*} name=${target#*/}
  [[ $part == launcher ]] && corpus=$launcher/test/fuzz/corpus/$name || corpus=$agent/test/fuzz/corpus/$name
  mkdir -p "$work/corpus/$part-$name"
  "$work/$part/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 -artifact_prefix="$work/finds/$name-" \
    "$work/corpus/$part-$name" "$corpus" > "$work/$part-$name.log" 2>&1 ||
    { tail -n 40 "$work/$part-$name.log"; die "$target failed; the input is in $work/finds"; }
  counted "$target" "$work/$part-$name.log"
done

# Hooks of Jazzer's in libraries break Netty's queues, and its sanitizers look for faults of web servers.
if (( ${#readers[@]} > 0 )); then
  JAVA_HOME=$(find_jdk 25)
  export JAVA_HOME
  need_packages maven
  dependency=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
  rm -rf "$work/jars" "$work/jazzer"
  (cd "$top" && mvn -q -DskipTests -Dspotless.check.skip=true -pl qemu -am package "$dependency:copy-dependencies" \
    -DincludeScope=runtime -DoutputDirectory="$work/jars") || die "Maven failed, see above"
  for jar in jazzer jazzer-api; do
    (cd "$top" && mvn -q -N "$dependency:copy" -Dartifact="com.code-intelligence:$jar:0.30.0" -DoutputDirectory="$work/jazzer") || die "there is no $jar"
  done
fi
for reader in "${readers[@]}"; do
  IFS=: read -r module class name <<< "$reader"
  mkdir -p "$work/corpus/java-$name"
  "$JAVA_HOME/bin/java" -Xmx1g -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
    -cp "$work/jazzer/*:$top/$module/target/test-classes:$top/$module/target/classes:$work/jars/*" com.code_intelligence.jazzer.Jazzer \
    --target_class="io.saya.$class" --instrumentation_includes='io.saya.**' --custom_hook_includes='io.saya.**' \
    --disabled_hooks='com.code_intelligence.jazzer.sanitizers.*' --reproducer_path="$work/finds" \
    -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 -artifact_prefix="$work/finds/$name-" \
    "$work/corpus/java-$name" "$top/$module/src/test/fuzz/$name" > "$work/java-$name.log" 2>&1 ||
    { tail -n 40 "$work/java-$name.log"; die "$class failed; the input is in $work/finds"; }
  counted "java/$name" "$work/java-$name.log"
done
printf '%-28s %12d runs\n' total "$total"
