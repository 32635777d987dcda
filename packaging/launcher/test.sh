#!/usr/bin/env bash
# Tests of the launcher and the guard: unit tests, then every action with a daemon that is a small C program
# (test/fake_daemon.c). All of it under ASan and UBSan, then the actions once more with the shipped, static binary.
# Run as root. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")"

source ../lib/debian.sh
need_packages clang gcc libclang-rt-14-dev make libc6-dev libjansson-dev nettle-dev xxd procps iproute2 util-linux

out=$(mktemp -d /tmp/saya-launcher-XXXXXX)
trap 'rm -rf "$out"' EXIT
make -s -j2 OUT="$out/sanitized" SANITIZE=1
make -s -j2 OUT="$out/static"
# shellcheck disable=SC2054  # the comma belongs to the option
compile=(gcc -std=gnu17 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all)
shopt -s extglob
"${compile[@]}" -Wl,--wrap=prctl -o "$out/unit" test/unit/*.c src/!(main).c -ljansson -lnettle
"${compile[@]}" -Wl,--wrap=rmdir -o "$out/record" test/record.c src/{record,files,bytes,fault}.c -ljansson
gcc -std=gnu17 -Wall -Wextra -Werror -o "$out/fake_daemon" test/fake_daemon.c src/{bytes,call_frames,protobuf}.c
gcc -std=gnu17 -Wall -Wextra -Werror -o "$out/caller" test/caller.c src/{bytes,call_frames,protobuf}.c

! grep -aqF "$PWD" "$out/static/containerd-shim-saya-v2" || { echo "FAIL the program names the directory that it was built in"; exit 1; }
echo "ok   no path of this tree in the program"
"$out/unit"
echo "ok   unit tests"
"$out/record" record-fields.json test/records/complete.json test/records/bare.json
echo "ok   record.json as it is described"
make -s -j2 OUT="$out/fuzz" "$out"/fuzz/fuzz_{bootstrap,bundle,calls,channel,journal}
for target in bootstrap bundle calls channel journal; do
    # What is new is not kept: the corpus in the tree is for where to start, a find becomes a test.
    mkdir "$out/$target"
    "$out/fuzz/fuzz_$target" -runs="${FUZZ_RUNS:-20000}" -max_len=4096 -artifact_prefix="$out/" "$out/$target" "test/fuzz/corpus/$target" \
        >"$out/fuzz.log" 2>&1 || { tail -n 40 "$out/fuzz.log"; exit 1; }
done
echo "ok   fuzz targets, ${FUZZ_RUNS:-20000} runs each"
test/actions.sh "$out/sanitized/containerd-shim-saya-v2" "$out/fake_daemon" "$out/with-sanitizers"
test/actions.sh "$out/static/containerd-shim-saya-v2" "$out/fake_daemon" "$out/as-shipped"
test/restart.sh "$out/sanitized/containerd-shim-saya-v2" "$out/fake_daemon" "$out/restart-with-sanitizers" "$out/caller"
test/restart.sh "$out/static/containerd-shim-saya-v2" "$out/fake_daemon" "$out/restart-as-shipped" "$out/caller"
