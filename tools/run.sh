#!/usr/bin/env bash
# Runs the main job: an edge node and a connector, and a web server shown under a public URL of this machine.
#   tools/run.sh                         the built-in demo page
#   tools/run.sh http://localhost:3000   a web server of yours
#   tools/run.sh [URL] --listen 127.0.0.1:9090 ...   further flags of 'culvert up'
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh
need_dotnet
need_quic

origin=()
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
  origin=(--url "$1")
  shift
fi

program=tools/culvert/bin/Release/net10.0/culvert
sources=$(find . \( -name bin -o -name obj -o -name .git -o -path ./tests -o -path ./bench \) -prune -o \
  \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.pem' \) -newer "$program" -print -quit 2>/dev/null || echo none)
if [ ! -x "$program" ] || [ -n "$sources" ]; then
  echo "$0: building" >&2
  log=$(mktemp)
  if ! dotnet build tools/culvert -c Release --nologo -v quiet -clp:NoSummary >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
  rm -f "$log"
  touch "$program"
fi
exec "$program" up "${origin[@]}" "$@"
