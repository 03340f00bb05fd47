#!/usr/bin/env bash
# Builds everything and runs every test. Arguments go to 'dotnet test', for example --filter FullyQualifiedName~Headers.
# The last line is "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh
need_dotnet
need capnp capnproto
need_quic

dotnet build Pipeline.sln -c Release --nologo -v quiet -clp:NoSummary
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# One project after the other: end-to-end tests measure time and memory.
dotnet test Pipeline.sln -c Release --no-build --nologo -m:1 "$@" 2>&1 | tee "$log" || status=$?

count() { grep -oE "$1: +[0-9]+, " "$log" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(count Passed)
failed=$(count Failed)
skipped=$(count Skipped)
if [ "$passed" = 0 ]; then
  echo "$0: no test ran" >&2
  status=1
fi
[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
