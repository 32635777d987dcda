# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# Docker: its daemon, on a containerd, and its command line. Sourced.

# docker_host: the cases by runc and by the product, as a table. CASES runs some of them only, RUNTIMES by one of the two.
docker_host() {
  local directory=$target/docker
  need_packages busybox-static iproute2 iptables procps python3-minimal runc tini
  build_release "$docker_engine" "$directory" dockerversion.Version cmd/dockerd cmd/docker-proxy || return
  build_release "$docker_cli" "$directory/cli" cli/version.Version cmd/docker || return
  build_module "${containerd_2[-1]}" "$target/containerd-${containerd_2[-1]##*@v}" cmd/containerd cmd/ctr cmd/containerd-shim-runc-v2 || return
  engine_apart docker "$directory" "$directory/bin:$directory/cli/bin:$target/containerd-${containerd_2[-1]##*@v}/bin" > "$directory/docker.log" 2>&1 || true
  engine_table docker "$directory"
}

docker_inside() {
  engine_begin docker
  cgroup=/saya-docker-${work##*.}
  trap docker_end EXIT
  containerd_start "$work" "$product/bin:$PATH"
  docker_configuration
  client=(docker --config "$work/client" --host "unix://$work/docker.sock")
  : > "$directory/dockerd.log"
  dockerd_start
  # Its own store of images does not know the archives of OCI: the layer alone, which is the largest of the files.
  mkdir "$work/image"
  tar -C "$work/image" -xf "$work/image.tar"
  engine import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' "$(find "$work/image/blobs" -type f -size +100k)" "$image"
  engine version
  gateway=$(engine network inspect bridge --format '{{range .IPAM.Config}}{{.Gateway}}{{end}}')
  for by in ${RUNTIMES:-runc saya}; do runtime=$by; engine_run "$directory"; done
}

docker_configuration() {
  cat > "$work/daemon.json" <<JSON
{
  "data-root": "$work/data", "exec-root": "$work/exec", "pidfile": "$work/docker.pid", "hosts": ["unix://$work/docker.sock"],
  "containerd": "$work/containerd.sock", "cgroup-parent": "$cgroup", "exec-opts": ["native.cgroupdriver=cgroupfs"], "live-restore": true,
  "init-path": "$(command -v tini-static || true)",
  "runtimes": { "saya": { "runtimeType": "io.containerd.saya.v2" } }
}
JSON
}

dockerd_start() {
  local deadline=$((SECONDS + 60))
  dockerd --config-file "$work/daemon.json" >> "$directory/dockerd.log" 2>&1 &
  DOCKERD_PID=$!
  until "${client[@]}" version > /dev/null 2>&1; do
    kill -0 "$DOCKERD_PID" 2>/dev/null || { tail -n 20 "$directory/dockerd.log" >&2; die "dockerd ended; the end of its log is above"; }
    (( SECONDS < deadline )) || die "dockerd did not answer within 60 s: $directory/dockerd.log"
    sleep 0.1
  done
}

# dockerd_end SIGNAL
dockerd_end() {
  local deadline=$((SECONDS + 30)) pid
  pid=$(< "$work/docker.pid")
  kill "-$1" "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    (( SECONDS < deadline )) || kill -KILL "$pid"
    sleep 0.1
  done
}

docker_end() {
  trap - EXIT
  ! [[ -e $work/docker.pid ]] || dockerd_end TERM || true
  engine_end "$cgroup"
}
