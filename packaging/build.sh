#!/usr/bin/env bash
# Builds the product into packaging/target/saya: see README.md for what is in it. Installs missing Debian packages (as root). Steps whose
# inputs have not changed are skipped.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)
source "$here/lib/debian.sh"
source "$here/lib/stage.sh"
source "$here/lib/jdk.sh"
source "$here/lib/containerd.sh"
source "$here/lib/jars.sh"
source "$here/lib/train.sh"

usage() {
  cat <<'EOF'
usage: packaging/build.sh [--refresh] [--no-train] [--deb] [--image]

  --refresh    look for newer Debian packages for the guest (kernel, busybox, crun)
  --no-train   leave the AOT cache out; the daemon then starts more slowly and needs more memory
  --deb        also Debian packages, in packaging/target/deb
  --image      also the image that installs it on nodes of a cluster, packaging/target/installer.tar
EOF
}
refresh=() train=1 deb=0 image=0
while (( $# )); do
  case $1 in
    --refresh) refresh=(--refresh); shift ;;
    --no-train) train=0; shift ;;
    --deb) deb=1; shift ;;
    --image) image=1; shift ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
done

[[ $(uname -m) == x86_64 ]] || die "the product is built on x86_64 only, this is $(uname -m): guest, QEMU and cgroups were tried on no other. What is written in C is fit for 64-bit ARM (test/arm64/run.sh)"

out=$here/target/saya
work=$here/target/work
stamps=$here/target/stamps
mkdir -p "$out"/{bin,lib,share/saya,share/defaults/saya} "$work" "$stamps"

# ---- tools ------------------------------------------------------------------------------------------------------------
JAVA_HOME=$(find_jdk 25)
export JAVA_HOME
jdk=$(cat "$JAVA_HOME/release")
command -v mvn >/dev/null || need_packages maven
need_packages gcc libc6-dev libjansson-dev make nettle-dev python3-minimal

# ---- guest: its script knows for itself what has changed. Beside all that follows, of which neither needs the other ---------
"$here/guest/build.sh" --out "$out/share/saya" "${refresh[@]}" &
guest=$!
trap 'kill "$guest" 2>/dev/null || true' EXIT

# ---- Java: the shim and what it needs at run time, in lib/ ------------------------------------------------------------
java_sources=$(digest_of "$top/pom.xml" "$top/.mvn" "$top/configuration" "$top/agent-proto" "$top/runtime-core" "$top/qemu" "$top/shim")
build_jars() {
  rm -rf "$work/jars"
  (cd "$top" && mvn -q -Dmaven.test.skip=true -Dspotless.check.skip=true -pl shim/cli -am package \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$work/jars") || die "Maven failed, see above"
  cp "$top"/shim/cli/target/saya-cli-*.jar "$work/jars/"
  check_sums "$work/jars" "$here/jars" "$here/jars.sha256"
  sort_jars "$work/jars" "$here/jars" "$out/lib"
  unpack_native "$out/lib"
  unpack_jffi "$out/lib/cli"
}
step java "$out/lib/saya-shim.jar" "$java_sources $(digest_of "$here/jars" "$here/jars.sha256" "$here/lib/jars.sh") $jdk" build_jars

# ---- the Java runtime ---------------------------------------------------------------------------------------------------
build_runtime() {
  check_modules "$out/lib" "$here/jlink.modules"
  rm -rf "$out/lib/runtime"
  # Not compressed: start-up reads classes that are not in the AOT cache from it, and a Debian package compresses anyway.
  "$JAVA_HOME/bin/jlink" --add-modules "$(listed_modules "$here/jlink.modules" | paste -sd,)" --output "$out/lib/runtime" \
    --vm server --strip-debug --no-man-pages --no-header-files --compress zip-0 --generate-cds-archive
  # For heaps above 32 GB, which no daemon has.
  rm -f "$out/lib/runtime/lib/server/classes_nocoops.jsa"
}
step runtime "$out/lib/runtime/bin/java" "$jdk $(digest_of "$here/jlink.modules") $(jar_names "$out/lib")" build_runtime

# ---- launcher and guard ---------------------------------------------------------------------------------------------------
build_launcher() {
  make -s -C "$here/launcher" OUT="$work/launcher" >&2
  install -m 755 "$work/launcher/containerd-shim-saya-v2" "$out/bin/containerd-shim-saya-v2"
  install -m 644 "$here/launcher/jvm.options" "$out/lib/jvm.options"
  install -m 755 "$here/launcher/saya" "$out/bin/saya"
}
step launcher "$out/bin/containerd-shim-saya-v2" "$(digest_of "$here/launcher")" build_launcher

# ---- guest and configuration ----------------------------------------------------------------------------------------------
wait "$guest" || die "the guest could not be built, see above"
trap - EXIT
install -m 644 "$here/../configuration/src/main/dist/configuration.toml" "$out/share/defaults/saya/configuration.toml"

# ---- what all that is made of ------------------------------------------------------------------------------------------------
build_sbom() {
  /usr/bin/python3 -B "$here/lib/sbom.py" "$work/jars" "$here/jars" "$here/jars.sha256" "$here/target/cache/guest-inputs" "$JAVA_HOME/release" > "$work/sbom.json"
  install -m 644 "$work/sbom.json" "$out/share/saya/sbom.cdx.json"
}
step sbom "$out/share/saya/sbom.cdx.json" "$jdk $(digest_of "$here/lib/sbom.py" "$here/jars" "$here/jars.sha256" "$here/target/cache/guest-inputs") $(jar_names "$out/lib")" build_sbom

# ---- AOT cache: made in the packaged runtime, from a real container's life -------------------------------------------------
aot_key="$(digest_of "$out/lib/runtime/lib/modules" "$out"/lib/*.jar "$out/lib/jvm.options" "$here/lib/train.sh")"
if (( train )) && can_train; then
  step aot-cache "$out/lib/saya.aot" "$aot_key" train "$out" "$work/train"
elif [[ $(cat "$stamps/aot-cache" 2>/dev/null) != "$aot_key" ]]; then
  rm -f "$out/lib/saya.aot"   # it would not fit these jars
  say "no AOT cache was made: the daemon will start more slowly and need more memory"
fi
say "ready in $out"

if (( deb )); then
  "$here/debian/build.sh" "$out" "$here/target/deb"
fi
if (( image )); then
  "$here/kubernetes/image/build.sh" "$out" "$here/target/installer.tar"
fi
