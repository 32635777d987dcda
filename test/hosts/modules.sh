# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# Programs built from Go modules. Sourced; needs $target.

SKIPPED=77
containerd_17=github.com/containerd/containerd@v1.7.30
containerd_2=(github.com/containerd/containerd/v2@v2.2.9 github.com/containerd/containerd/v2@v2.4.2)
cri_tools=sigs.k8s.io/cri-tools@v1.34.0

# build_module MODULE@VERSION DIRECTORY PACKAGE...: builds commands of a module, or, where PACKAGE ends with .test, the test binary of one. Not
# by `go install`: that refuses modules with replace directives, which a module that merely requires them does not see. Sets why and returns
# SKIPPED where it cannot be had.
build_module() {
  local module=${1%@*} version=${1##*@} directory=$2 package log=$2/build.log
  shift 2
  mkdir -p "$directory/module" "$directory/bin"
  [[ ! -e $directory/built ]] || return 0
  command -v go >/dev/null || { why="no Go compiler to build $module with"; return "$SKIPPED"; }
  (
    cd "$directory/module"
    export CGO_ENABLED=0 GOFLAGS=-mod=mod
    [[ -e go.mod ]] || go mod init hosts
    for package in "$@"; do go get "$module/${package%.test}@$version"; done
    for package in "$@"; do
      if [[ $package == *.test ]]; then
        go test -c -o "$directory/bin/$(basename "$package" .test)" "$module/${package%.test}"
      else
        go build -tags 'no_btrfs no_devmapper no_zfs' -ldflags "-s -w -X $module/version.Version=${version#v}" -o "$directory/bin/" "$module/$package"
      fi
    done
  ) > "$log" 2>&1 || { why="$module@$version cannot be built: $(tail -n 1 "$log")"; return "$SKIPPED"; }
  : > "$directory/built"
}
