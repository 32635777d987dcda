# shellcheck shell=bash
# Finds a JDK. Sourced; needs debian.sh (die).

jdk_release() { sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null; }

# find_jdk VERSION: prints the home of a JDK of that version: JAVA_HOME if it is one, else the first of /usr/lib/jvm.
find_jdk() {
  local version=$1 home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    [[ -n $home && $(jdk_release "$home") == "$version" && -x $home/bin/javac && -x $home/bin/jlink ]] || continue
    (cd "$home" && pwd -P)
    return 0
  done
  die "no JDK $version found: JAVA_HOME is '${JAVA_HOME:-}'$([[ -z ${JAVA_HOME:-} ]] || echo " (version '$(jdk_release "$JAVA_HOME")')"), and none is in /usr/lib/jvm.
Debian 12 has none; install one, for example Eclipse Temurin (package temurin-$version-jdk of Adoptium's archive, or its tar.gz), and set JAVA_HOME to it."
}
