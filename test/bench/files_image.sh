#!/usr/bin/env bash
# files_image.sh DIRECTORY: what the measure `files` works on, the same each time: a repository of 300 commits, a tree as npm leaves it,
# statements for sqlite.
set -euo pipefail
directory=$1
install -d "$directory/srv"

export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git init -q --bare --template= "$directory/srv/repository"
{
  for (( n = 1; n <= 300; n++ )); do
    text=$(printf 'line %d of a file\n' $(( n % 40 )){,,,,,,,}{,,,})
    printf 'commit refs/heads/master\ncommitter bench <bench@localhost> %d +0000\ndata 8\na change\n' $(( 1700000000 + n ))
    printf 'M 100644 inline d%d/f%d\ndata %d\n%s\n' $(( n % 20 )) $n ${#text} "$text"
  done
} | git -C "$directory/srv/repository" fast-import --quiet
git -C "$directory/srv/repository" symbolic-ref HEAD refs/heads/master

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
for (( n = 1; n <= 500; n++ )); do
  install -d "$tree/node_modules/p$n/lib"
  echo "{\"name\": \"p$n\", \"version\": \"1.0.$n\"}" > "$tree/node_modules/p$n/package.json"
  printf 'module.exports = %d;\n' {1..40} | tee "$tree/node_modules/p$n/index.js" > "$tree/node_modules/p$n/lib/main.js"
  : > "$tree/node_modules/p$n/LICENSE"
done
tar -C "$tree" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$directory/srv/npm.tar" .

{
  echo 'create table t (n integer, filler blob);'
  for (( n = 1; n <= 100; n++ )); do echo "begin; insert into t values ($n, randomblob(3000)); commit;"; done
} > "$directory/srv/transactions.sql"
