# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# The cases of test/containers on another containerd, by runc and by the product. Sourced.

# Those that need nothing of the host but a containerd and its client.
containerd_cases='exit_code million_lines stdin_sum output_of_a_process_that_exits_at_once terminal pause_and_figures mounts missing_command
  kill_means_stopped terminate_the_workload events'

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
  return "$result"
}

# verdict LOG CASE: ok, FAILED, or - for a case that was left out.
verdict() { awk -v name="$2" '$2 == name {found = $1} END {print found ? found : "-"}' "$1"; }
