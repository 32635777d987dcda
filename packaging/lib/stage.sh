# shellcheck shell=bash
# shellcheck disable=SC2154  # $stamps is the caller's
# Steps of a build that are skipped when nothing that they depend on has changed. Sourced.
#
# A step's inputs are files, folders and words. Their digest is kept in $stamps/<step>; contents count, times do not, so a fresh
# checkout with an old target folder is as good as the old checkout.

# digest_of PATH...: one digest of all files below the paths, names included. target folders are results, not inputs.
digest_of() {
  find "$@" -name target -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64
}

# step NAME RESULT KEY COMMAND...: runs the command unless RESULT exists and was made with the same KEY.
step() {
  local name=$1 result=$2 key=$3 begin=$SECONDS
  shift 3
  if [[ -e $result && $(cat "$stamps/$name" 2>/dev/null) == "$key" ]]; then
    return 0
  fi
  say "$name ..."
  rm -f "$stamps/$name"
  "$@"
  [[ -e $result ]] || die "$name did not make $result"
  mkdir -p "$stamps"
  printf '%s\n' "$key" > "$stamps/$name"
  say "$name: done in $((SECONDS - begin)) s"
}
