# shellcheck shell=bash
# A containerd of one's own: its directories, sockets and images are below one directory, and no containerd of the host is
# touched. Sourced; needs debian.sh (say, die).
#
# What cannot be moved is /run/containerd/s, where containerd 1.6 expects the sockets of shims; their names are hashes that
# contain the address of the containerd they belong to, so they cannot clash with those of another one.

# containerd_start DIRECTORY PATH: starts it with PATH as its PATH (where it looks for shims), waits until it answers. Sets
# CONTAINERD_PID, CONTAINERD_ADDRESS and CTR (an array: the client's command; no call of it may take longer than two minutes). With CONTAINERD_TRACES
# it sends traces to where the variables of OpenTelemetry say.
containerd_start() {
  local directory=$1 path=$2 deadline traces='"io.containerd.tracing.processor.v1.otlp"'
  [[ ! ${CONTAINERD_TRACES:-} ]] || traces=''
  mkdir -p "$directory"/{root,state}
  CONTAINERD_ADDRESS=$directory/containerd.sock
  CTR=(timeout --foreground 120 ctr --address "$CONTAINERD_ADDRESS" --namespace saya-demo)
  cat > "$directory/config.toml" <<EOF
version = 2
root = "$directory/root"
state = "$directory/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", $traces]
[grpc]
  address = "$CONTAINERD_ADDRESS"
[ttrpc]
  address = "$CONTAINERD_ADDRESS.ttrpc"
[plugins."io.containerd.internal.v1.tracing"]
EOF
  PATH=$path containerd --config "$directory/config.toml" --log-level "${CONTAINERD_LOG_LEVEL:-info}" > "$directory/containerd.log" 2>&1 &
  CONTAINERD_PID=$!
  deadline=$((SECONDS + 30))
  until "${CTR[@]}" version >/dev/null 2>&1; do
    kill -0 "$CONTAINERD_PID" 2>/dev/null || { tail -n 20 "$directory/containerd.log" >&2; die "containerd ended; the end of its log is above"; }
    (( SECONDS < deadline )) || { tail -n 20 "$directory/containerd.log" >&2; die "containerd did not answer on $CONTAINERD_ADDRESS within 30 s"; }
    sleep 0.1
  done
}

# containerd_stop: removes what is left of containers, ends it, and ends shims that hang. Never fails: it is what a trap calls.
containerd_stop() {
  [[ -n ${CONTAINERD_PID:-} ]] || return 0
  local id pid
  for id in $("${CTR[@]}" tasks list --quiet 2>/dev/null); do
    timeout 20 "${CTR[@]}" tasks delete --force "$id" >/dev/null 2>&1 || true
  done
  for id in $("${CTR[@]}" containers list --quiet 2>/dev/null); do
    timeout 20 "${CTR[@]}" containers delete "$id" >/dev/null 2>&1 || true
  done
  end_process "$CONTAINERD_PID"
  wait "$CONTAINERD_PID" 2>/dev/null || true
  # A shim has the address of its containerd among its arguments. Saya's guard undoes the rest when its daemon has ended.
  for pid in $(processes_with "$CONTAINERD_ADDRESS"); do end_process "$pid"; done
  CONTAINERD_PID=
}

# processes_with TEXT: ids of processes with TEXT among their arguments, without this shell.
processes_with() {
  local file
  for file in /proc/[0-9]*/cmdline; do
    [[ $file != "/proc/$$/cmdline" && $file != "/proc/$BASHPID/cmdline" ]] || continue
    ! tr '\0' ' ' 2>/dev/null < "$file" | found -F -- "$1" || basename "${file%/cmdline}"
  done
}

# end_process PID: SIGTERM, and SIGKILL after 15 s.
end_process() {
  local deadline=$((SECONDS + 15))
  kill "$1" 2>/dev/null || return 0
  while kill -0 "$1" 2>/dev/null; do
    (( SECONDS < deadline )) || kill -KILL "$1" 2>/dev/null || true
    sleep 0.1
  done
}

# demo_image FILE NAME [COMMAND [DIRECTORY [LAYER]]]: writes an OCI image archive with the host's static busybox as FILE, for `ctr images import`.
# COMMAND, a JSON array, is what it runs; what is in DIRECTORY is in the image as well; what is in the directory LAYER is a second layer. Made by
# hand, since an image is no more than this: layers, a configuration that names them, a manifest that names all.
demo_image() {
  local file=$1 name=$2 command=${3:-'["/bin/sh"]'} more=${4:-} second=${5:-} work layers=() config manifest applet digests sizes
  work=$(mktemp -d)
  mkdir -p "$work/root"/{bin,dev,etc,proc,run,sys,tmp} "$work/image/blobs/sha256"
  cp "$(command -v busybox)" "$work/root/bin/busybox"
  for applet in $(busybox --list); do
    [[ $applet == busybox ]] || ln -s busybox "$work/root/bin/$applet"
  done
  echo 'root:x:0:0:root:/:/bin/sh' > "$work/root/etc/passwd"
  [[ -z $more ]] || cp -R "$more/." "$work/root/"
  layers=("$(_demo_layer "$work" "$work/root")")
  [[ -z $second ]] || layers+=("$(_demo_layer "$work" "$second")")
  digests=$(printf ',"sha256:%s"' "${layers[@]% *}")
  # shellcheck disable=SC2068
  sizes=$(printf ',{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":%d}' ${layers[@]}) # a digest and a size each
  printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":%s},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "$command" "${digests:1}" > "$work/config"
  config=$(_demo_blob "$work" "$work/config")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%d},"layers":[%s]}' \
    "$config" "$(stat -c %s "$work/config")" "${sizes:1}" > "$work/manifest"
  manifest=$(_demo_blob "$work" "$work/manifest")
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d,"annotations":{"io.containerd.image.name":"%s"},"platform":{"architecture":"amd64","os":"linux"}}]}' \
    "$manifest" "$(stat -c %s "$work/manifest")" "$name" > "$work/image/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' > "$work/image/oci-layout"
  tar -C "$work/image" --sort=name --mtime=@0 -cf "$file" .
  rm -rf "$work"
}

# _demo_layer WORK DIRECTORY: prints the layer's digest and size.
_demo_layer() {
  tar -C "$2" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$1/layer" .
  printf '%s %d\n' "$(_demo_blob "$1" "$1/layer")" "$(stat -c %s "$1/layer")"
}

_demo_blob() {
  local digest
  digest=$(sha256sum "$2" | cut -d' ' -f1)
  cp "$2" "$1/image/blobs/sha256/$digest"
  echo "$digest"
}
