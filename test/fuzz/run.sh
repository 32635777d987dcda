#!/usr/bin/env bash
# run.sh MINUTES [DIRECTORY]: fuzzes what is written in C (launcher, guard, the guest's agent), each target for its part of the minutes, one
# after the other. What is new is kept in DIRECTORY (test/target/fuzz), where the next run begins; a find stops it, and is named.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$top/packaging/lib/debian.sh"
[[ ${1:-} =~ ^[1-9][0-9]*$ ]] || die "usage: test/fuzz/run.sh MINUTES [DIRECTORY]"
work=${2:-$top/test/target/fuzz}
need_packages clang gcc libc6-dev libclang-rt-14-dev libjansson-dev libprotobuf-c-dev libprotobuf-dev libyajl-dev make nettle-dev protobuf-c-compiler
mkdir -p "$work/finds"

launcher=$top/packaging/launcher agent=$top/packaging/guest/agent
targets=(launcher/bootstrap launcher/bundle launcher/channel launcher/journal agent/frames agent/requests)
seconds=$(($1 * 60 / ${#targets[@]}))
make -s -C "$launcher" OUT="$work/launcher" "$work"/launcher/fuzz_{bootstrap,bundle,channel,journal}
make -s -C "$agent" BUILD="$work/agent" "$work"/agent/fuzz_{frames,requests}

total=0
for target in "${targets[@]}"; do
  part=${target%/*} name=${target#*/}
  [[ $part == launcher ]] && corpus=$launcher/test/fuzz/corpus/$name || corpus=$agent/test/fuzz/corpus/$name
  mkdir -p "$work/corpus/$name"
  "$work/$part/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 -artifact_prefix="$work/finds/$name-" \
    "$work/corpus/$name" "$corpus" > "$work/$name.log" 2>&1 || { tail -n 40 "$work/$name.log"; die "$target failed; the input is in $work/finds"; }
  runs=$(awk '/stat::number_of_executed_units/ {print $2}' "$work/$name.log")
  printf '%-20s %12d runs\n' "$target" "$runs"
  total=$((total + runs))
done
printf '%-20s %12d runs\n' total "$total"
