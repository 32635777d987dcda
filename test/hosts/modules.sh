# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# Programs built from Go modules. Sourced; needs $target.

SKIPPED=77
containerd_17=github.com/containerd/containerd@v1.7.30
containerd_2=(github.com/containerd/containerd/v2@v2.2.9 github.com/containerd/containerd/v2@v2.4.2)
cri_tools=sigs.k8s.io/cri-tools@v1.34.0
nerdctl=github.com/containerd/nerdctl/v2@v2.2.2
docker_engine=github.com/docker/docker@v28.5.2+incompatible
cri_o_module=github.com/cri-o/cri-o@v1.34.0
kubernetes=k8s.io/kubernetes@v1.33.13
etcd=go.etcd.io/etcd/server/v3@v3.5.21
helm_module=helm.sh/helm/v3@v3.16.4
docker_cli=github.com/docker/cli@v28.5.2+incompatible

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

# build_release MODULE@VERSION DIRECTORY VARIABLE PACKAGE...: builds commands of a module in a copy, whose main module it is: Docker's has what it
# is built of in vendor.mod and vendor.sum, and others replace modules. VARIABLE gets the version. Sets why and returns SKIPPED where it cannot be
# had.
build_release() {
  local module=${1%@*} version=${1##*@} directory=$2 variable=$3 source log=$2/build.log
  shift 3
  mkdir -p "$directory/bin"
  [[ ! -e $directory/built ]] || return 0
  command -v go >/dev/null || { why="no Go compiler to build $module with"; return "$SKIPPED"; }
  (
    export CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false'
    source=$(go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    rm -rf "$directory/source"
    cp -R --no-preserve=mode "${source:-no module}" "$directory/source" && cd "$directory/source" &&
      { [[ ! -e vendor.mod ]] || { cp vendor.mod go.mod && cp vendor.sum go.sum; }; } &&
      without_its_tests "$module" &&
      go build -tags 'exclude_graphdriver_btrfs no_btrfs no_devmapper no_zfs' -ldflags "-s -w -X $module/$variable=${version//[!0-9.]/}" -o "$directory/bin/" "${@/#/./}" &&
      rm -rf "$directory/source"
  ) > "$log" 2>&1 || { why="$module@$version cannot be built: $(tail -n 1 "$log")"; return "$SKIPPED"; }
  : > "$directory/built"
}

# without_its_tests MODULE: nerdctl has what its tests share among its commands, and that is built of a module that is in its repository only.
without_its_tests() {
  [[ $1 == */nerdctl/v2 ]] || return 0
  rm cmd/nerdctl/helpers/testing*.go &&
    go mod edit -dropreplace github.com/containerd/nerdctl/mod/tigron@v0.0.0 -droprequire github.com/containerd/nerdctl/mod/tigron
}

# build_kubernetes DIRECTORY: the API server and kubectl. The module's own go.mod has what it is made of in directories of its repository; here each is what
# was published of the same version, v1.33.13 as v0.33.13. Sets why and returns SKIPPED where it cannot be had.
build_kubernetes() {
  local module=${kubernetes%@*} version=${kubernetes##*@} directory=$1 log=$1/build.log part
  mkdir -p "$directory/module" "$directory/bin"
  [[ $(cat "$directory/built" 2>/dev/null) != "$version" ]] || return 0
  command -v go >/dev/null || { why="no Go compiler to build $module with"; return "$SKIPPED"; }
  (
    cd "$directory/module" || exit
    export CGO_ENABLED=0 GOFLAGS=-mod=mod
    rm -f go.mod go.sum
    go mod init hosts
    go mod edit -require "$kubernetes"
    for part in $(sed -n 's|^\t\(k8s.io/[^ ]*\) => ./staging/.*|\1|p' "$(go mod download -json "$kubernetes" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')"); do
      go mod edit -replace "$part=$part@v0.${version#v1.}"
    done
    go build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" -o "$directory/bin/" "$module/cmd/kube-apiserver" "$module/cmd/kubectl"
  ) > "$log" 2>&1 || { why="$kubernetes cannot be built: $(tail -n 1 "$log")"; return "$SKIPPED"; }
  echo "$version" > "$directory/built"
}

# build_cri_o DIRECTORY: CRI-O and its pinns, in C. Sets why and returns SKIPPED where it cannot be had.
build_cri_o() {
  local module=${cri_o_module%@*} version=${cri_o_module##*@} directory=$1 source log=$1/build.log
  mkdir -p "$directory/bin"
  [[ $(cat "$directory/built" 2>/dev/null) != "$version" ]] || return 0
  command -v go >/dev/null || { why="no Go compiler to build $module with"; return "$SKIPPED"; }
  (
    export CGO_ENABLED=1 GOFLAGS='-mod=mod -buildvcs=false'
    source=$(go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    rm -rf "$directory/source"
    cp -R --no-preserve=mode "${source:-no module}" "$directory/source" && cd "$directory/source" &&
      go build -tags 'seccomp containers_image_openpgp containers_image_ostree_stub exclude_graphdriver_btrfs' -ldflags '-s -w' -o "$directory/bin/" ./cmd/crio &&
      gcc -static -std=c99 -Os -o "$directory/bin/pinns" pinns/src/*.c &&
      rm -rf "$directory/source"
  ) > "$log" 2>&1 || { why="$module@$version cannot be built: $(tail -n 1 "$log")"; return "$SKIPPED"; }
  echo "$version" > "$directory/built"
}
