# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# The cases of test/containers on another containerd, by runc and by the product. Sourced.

# Those that need nothing of the host but a containerd and its client.
containerd_cases='exit_code million_lines stdin_sum output_of_a_process_that_exits_at_once terminal pause_and_figures mounts missing_command
  kill_means_stopped terminate_the_workload events directory_environment_and_user_of_an_exec pid_in_a_file streams_in_a_directory_of_the_users
  log_in_a_file no_streams capabilities_and_filter devices read_only_root propagation_of_the_root limits_of_all_kinds control_group_of_the_users
  created_then_started attached signals_to_all_and_to_an_exec no_checkpoint_and_it_runs_on exec_while_paused a_root_of_the_users'

# containerd_host MODULE@VERSION NAME
containerd_host() {
  local directory=$target/$2 runtime result=0
  build_module "$1" "$directory" cmd/containerd cmd/ctr cmd/containerd-shim-runc-v2 || return
  "$directory/bin/containerd" --version
  for runtime in runc saya; do
    RUNTIME=io.containerd.$runtime.v2 CASES=$containerd_cases PATH=$directory/bin:$PATH "$top/test/containers/run.sh" "$product" \
      > "$directory/$runtime.log" 2>&1 || true
  done
  printf '%-44s %-8s %s\n' "$2" runc saya
  local name by_runc by_saya
  for name in $containerd_cases; do
    by_runc=$(verdict "$directory/runc.log" "$name") by_saya=$(verdict "$directory/saya.log" "$name")
    printf '%-44s %-8s %s\n' "$name" "$by_runc" "$by_saya"
    [[ $by_runc != ok || $by_saya == ok ]] || result=1
  done
  # Up to 1.7 containerd tells its shims nothing of its traces.
  if [[ $2 == containerd-2* ]]; then
    if (caller_trace "$directory") > "$directory/trace.log" 2>&1; then
      printf '%-44s %-8s %s\n' "its trace goes on in the shim" - ok
    else
      printf '%-44s %-8s %s\n' "its trace goes on in the shim" - FAILED
      result=1
    fi
    sandbox_api "$directory" || result=1
  fi
  return "$result"
}

# caller_trace DIRECTORY: with containerd's own tracing, each call of its to the shim is the parent of the shim's span of it. In a subshell.
caller_trace() {
  set -euo pipefail
  source "$top/packaging/lib/containerd.sh"
  local spans port deadline name # not what the trap needs: it comes after the function
  PATH=$1/bin:$PATH
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-trace.XXXXXX") spans=$work/spans
  : > "$spans"
  python3 "$top/test/hosts/caller_trace.py" "$work/port" "$spans" &
  collector=$!
  trap 'containerd_stop; kill "$collector"; rm -rf --one-file-system "$work"' EXIT
  deadline=$((SECONDS + 20))
  until [[ -s $work/port ]]; do (( SECONDS < deadline )) || die "no collector"; sleep 0.1; done
  port=$(< "$work/port")
  printf '[runtime]\nenable_tracing = true\njaeger_endpoint = "http://127.0.0.1:%s"\n' "$port" > "$work/saya.toml"
  demo_image "$work/image.tar" saya.local/trace:latest
  export SAYA_CONF_FILE=$work/saya.toml OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$port OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
  CONTAINERD_TRACES=1 containerd_start "$work" "$product/bin:$PATH"
  "${CTR[@]}" images import "$work/image.tar"
  "${CTR[@]}" run --detach --runtime io.containerd.saya.v2 saya.local/trace:latest traced sleep 1000
  "${CTR[@]}" tasks delete --force traced
  # Both send what they have every few seconds.
  for name in create kill delete; do
    deadline=$((SECONDS + 30))
    until parent_of "$spans" "$name"; do
      (( SECONDS < deadline )) || { cat "$spans" >&2; die "no span of containerd's is the parent of the shim's span '$name'"; }
      sleep 0.2
    done
  done
}

# parent_of SPANS NAME: prints the span, of another's than saya's, that is the parent of saya's span of this name in the same trace.
parent_of() {
  awk -F '\t' -v name="$2" '
    $1 == "saya" && $2 == name { parent[$3 " " $5] = 1 }
    $1 != "saya" { span[$3 " " $4] = $2 }
    END { for (each in parent) if (each in span) { print name ": below " span[each]; found = 1 } exit !found }' "$1"
}

# verdict LOG CASE: ok, FAILED, or - for a case that was left out.
verdict() { awk -v name="$2" '$2 == name {found = $1} END {print found ? found : "-"}' "$1"; }
