# shellcheck shell=bash
# Jars and modules of the product. Sourced; needs debian.sh (die).

# artifact_of FILE: name of a jar without version and classifier; the classifier `native` stays, as it stands beside a jar without.
artifact_of() {
  local name
  name=$(basename "$1" .jar)
  [[ $name == *-native ]] && echo "${name%%-[0-9]*}-native" || echo "${name%%-[0-9]*}"
}

# sort_jars FROM LIST LIB: puts each jar where the list says (see packaging/jars), under its name without version, so that the
# class path and the AOT cache made for it stay the same over releases of libraries.
sort_jars() {
  local from=$1 list=$2 lib=$3 jar name place target
  rm -rf "$lib"/*.jar "$lib/cli"
  for jar in "$from"/*.jar; do
    name=$(artifact_of "$jar")
    place=$(awk -v name="$name" '$2 == name && $1 !~ /^#/ {print $1; exit}' "$list")
    case $place in
      daemon) target=$lib ;;
      cli) target=$lib/cli ;;
      none) continue ;;
      *) die "$(basename "$jar") is new among the run-time dependencies of the shim: list '$name' in $list" ;;
    esac
    mkdir -p "$target"
    install -m 644 "$jar" "$target/$name.jar"
  done
  while read -r place name; do
    case $place in
      daemon) target=$lib ;;
      cli) target=$lib/cli ;;
      *) continue ;;
    esac
    [[ -f $target/$name.jar ]] || die "$list lists '$name', which is none of the run-time dependencies of the shim and the command"
  done < "$list"
}

# check_sums FROM LIST SUMS: every jar of others that is shipped must have the SHA-256 that SUMS has for it. Maven
# checks what a repository says of itself; this is what was looked at when the jar was taken.
check_sums() {
  local from=$1 list=$2 sums=$3 jar name file found
  for jar in "$from"/*.jar; do
    name=$(artifact_of "$jar") file=$(basename "$jar")
    [[ $name != saya-* && $name != ttrpc-java ]] || continue
    [[ $(awk -v name="$name" '$2 == name && $1 !~ /^#/ {print $1; exit}' "$list") != none ]] || continue
    found=$(sha256sum < "$jar")
    found=${found%% *}
    case $(awk -v file="$file" 'sub(".*/", "", $2) && $2 == file {print $1; exit}' "$sums") in
      "$found") ;;
      '') die "$file has no recorded SHA-256: see where it comes from, then add this line to $sums: $found  GROUP/$file" ;;
      *) die "$file has the SHA-256 $found, which is not what $sums has for it: it is another file than the one that was taken" ;;
    esac
  done
}

# unpack_native LIB: puts Netty's library beside its jar, where java.library.path finds it. Out of the jar, each daemon would write
# it to /tmp at its start, and fail on a host where programs in /tmp are not executed.
unpack_native() {
  local lib=$1 library=libnetty_transport_native_epoll_x86_64.so
  (cd "$lib" && "$JAVA_HOME/bin/jar" xf netty-transport-native-epoll.jar "META-INF/native/$library")
  [[ -f $lib/META-INF/native/$library ]] || die "no $library in netty-transport-native-epoll.jar"
  install -m 644 "$lib/META-INF/native/$library" "$lib/$library"
  rm -r "$lib/META-INF"
}

# unpack_jffi CLI: the same for the library that the command's system calls go through, which leaves those of other processors out.
unpack_jffi() {
  local cli=$1 library=libjffi-1.2.so
  (cd "$cli" && "$JAVA_HOME/bin/jar" xf jffi-native.jar "jni/x86_64-Linux/$library")
  [[ -f $cli/jni/x86_64-Linux/$library ]] || die "no $library in jffi-native.jar"
  install -m 644 "$cli/jni/x86_64-Linux/$library" "$cli/$library"
  rm -r "$cli/jni" "$cli/jffi-native.jar"
}

jar_names() { (cd "$1" && find . -name '*.jar' -not -path './runtime/*' | LC_ALL=C sort | tr '\n' ' '); }

listed_modules() { awk '!/^#/ && NF {print $1}' "$1"; }

# check_modules LIB LIST: every module of the JDK that our own classes need must be on the list. Libraries refer to many that they can do
# without (log4j to java.desktop, for one), so only ours are asked.
check_modules() {
  local lib=$1 list=$2 needed
  needed=$("$JAVA_HOME/bin/jdeps" --multi-release 25 --ignore-missing-deps --no-recursive --print-module-deps \
    --class-path "$lib/*:$lib/cli/*" "$lib"/saya-*.jar "$lib"/cli/saya-*.jar "$lib/ttrpc-java.jar" 2>/dev/null | tail -n 1 | tr ',' '\n')
  local module missing=()
  for module in $needed; do
    listed_modules "$list" | found -x "$module" || missing+=("$module")
  done
  (( ${#missing[@]} == 0 )) || die "our classes need modules of the JDK that the runtime would not have: ${missing[*]}; add them to $list with the reason"
}
