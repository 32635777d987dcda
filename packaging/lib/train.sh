# shellcheck shell=bash
# The daemon's AOT cache (JEP 483, 514): loaded and linked classes, recorded while a real shim runs a real
# container under a private containerd, in the Java runtime and with the class path that will use it. Sourced; needs debian.sh, containerd.sh.

# can_train: a container needs root, QEMU and containerd; a build without them makes a product without the cache.
can_train() {
  (( EUID == 0 )) || { say "not root: cannot run a container to train the AOT cache"; return 1; }
  need_packages busybox-static containerd qemu-system-x86
}

# train SAYA WORK: runs a container through its life with the product in SAYA and makes SAYA/lib/saya.aot from what was recorded.
train() {
  local saya=$1 work=$2
  rm -rf "$work" "$saya/lib/saya.aot"
  mkdir -p "$work"
  # In the background, because `set -e` has no effect in what stands before ||.
  (
    trap 'containerd_stop' EXIT
    demo_image "$work/demo.tar" saya.local/demo:latest
    # The launcher passes SAYA_* on to the daemon's JVM.
    export SAYA_JAVA_OPTIONS="-XX:AOTMode=record -XX:AOTConfiguration=$work/saya.aotconf"
    training_shim "$saya" "$work/bin"
    containerd_start "$work" "$work/bin:$PATH"
    "${CTR[@]}" images import "$work/demo.tar" >/dev/null
    train_container "$saya"
    wait_for_shim_end
  ) >"$work/log" 2>&1 &
  wait $! || { tail -n 20 "$work/log" "$work/containerd.log" >&2; die "the training run failed; its logs are in $work"; }
  [[ -s $work/saya.aotconf ]] || die "the daemon recorded nothing in $work/saya.aotconf; did it end by itself? See $work/containerd.log"
  train_assemble "$saya" "$work"
}

# training_shim SAYA DIRECTORY: a launcher that refuses `delete`. containerd calls that as soon as the daemon's socket is closed, to end what may
# be left of a shim; but a JVM that records is busy writing then.
training_shim() {
  mkdir -p "$2"
  cat > "$2/containerd-shim-saya-v2" <<EOF
#!/bin/sh
for word; do [ "\$word" != delete ] || { echo "no delete while training" >&2; exit 1; }; done
exec "$1/bin/containerd-shim-saya-v2" "\$@"
EOF
  chmod 755 "$2/containerd-shim-saya-v2"
}

# What a daemon does in its life: a container, output, execs that end by themselves and by a signal, statistics, scrapes, the end.
train_container() {
  local saya=$1 id=saya-train
  "${CTR[@]}" run --detach --runtime io.containerd.saya.v2 saya.local/demo:latest "$id" /bin/sh -c 'echo started; while :; do sleep 1; done'
  "${CTR[@]}" tasks exec --exec-id one "$id" /bin/echo hello
  echo input | "${CTR[@]}" tasks exec --exec-id two "$id" /bin/cat
  "${CTR[@]}" tasks exec --exec-id three "$id" /bin/false || true
  "${CTR[@]}" tasks list
  "${CTR[@]}" tasks ps "$id"
  "${CTR[@]}" tasks metrics "$id" || true   # not of importance, and a ctr that cannot print them is no failure
  # Twice, since some figures are those since the scrape before.
  "$saya/bin/saya" metrics "$id" | grep '^saya_guest_answered 1$' > /dev/null
  "$saya/bin/saya" metrics "$id" | grep '^kata_shim_pod_overhead_cpu ' > /dev/null
  "${CTR[@]}" tasks kill --signal SIGKILL "$id"
  "${CTR[@]}" tasks delete "$id" || true     # its status is the container's: 137, killed
  "${CTR[@]}" containers delete "$id"
}

# wait_for_shim_end: the JVM writes what it recorded when it ends, after it has answered Shutdown.
wait_for_shim_end() {
  local deadline=$((SECONDS + 60))
  while [[ -n $(processes_with "-address $CONTAINERD_ADDRESS") ]]; do
    (( SECONDS < deadline )) || die "the daemon has not ended 60 s after its container was deleted"
    sleep 0.2
  done
}

# train_assemble SAYA WORK: makes the cache in a JVM with the options and class path of a daemon's. Without profiles (JEP 515): by them the JVM
# compiles at once what the recorded run had compiled at all, which a daemon pays for at its start and seldom has a use for (test/bench/README.md).
train_assemble() {
  local saya=$1 work=$2 options classpath
  mapfile -t options < <(sed -e '/^#/d' -e '/^?/d' -e '/^[[:space:]]*$/d' -e "s|%install%|$saya|g" "$saya/lib/jvm.options" | grep -v '%run%')
  classpath=$(find "$saya/lib" -maxdepth 1 -name '*.jar' | LC_ALL=C sort | paste -sd:)
  "$saya/lib/runtime/bin/java" "${options[@]}" -Xmx512m -XX:AOTMode=create -XX:AOTConfiguration="$work/saya.aotconf" \
    -XX:-AOTRecordTraining -XX:-AOTReplayTraining -XX:AOTCache="$saya/lib/saya.aot.new" -cp "$classpath" >>"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "the AOT cache could not be made from $work/saya.aotconf"; }
  mv "$saya/lib/saya.aot.new" "$saya/lib/saya.aot"
}
