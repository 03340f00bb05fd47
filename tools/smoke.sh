#!/usr/bin/env bash
# Publishes the native binary and sends requests through a tunnel of that binary: in one process, and as edge and connector.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh
need curl curl
need_quic
tools/publish.sh

culvert=artifacts/culvert
work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap cleanup EXIT

# wait_for PATTERN FILE: waits until a line of the file matches, and prints the first match.
wait_for() {
  for _ in $(seq 100); do
    grep -oE -m1 "$1" "$2" 2>/dev/null && return
    sleep 0.1
  done
  echo "smoke: '$1' did not appear in $2:" >&2
  cat "$2" >&2
  return 1
}

# expect WHAT URL TEXT: the answer has to hold the text.
expect() {
  local body
  body=$(curl -sS --max-time 10 "$2")
  grep -qF "$3" <<<"$body" || { echo "smoke: $1: '$3' is not in the answer: $body" >&2; exit 1; }
  echo "smoke: $1: ok"
}

"$culvert" up --listen 127.0.0.1:0 >"$work/up" 2>"$work/up.log" &
pids+=($!)
url=$(wait_for 'http://[^ ]+' "$work/up")
expect "up" "$url/" "Hello from Culvert"
kill -TERM "${pids[0]}"
wait "${pids[0]}" || { echo "smoke: up did not end well" >&2; exit 1; }

"$culvert" edge --data "$work/edge" --listen 127.0.0.1:0 --listen-connectors 127.0.0.1:0 --listen-api 127.0.0.1:0 \
  2>"$work/edge.log" &
pids=($!)
wait_for 'Edge node is listening' "$work/edge.log" >/dev/null
address() { wait_for "$1=[0-9.:]+" "$work/edge.log" | cut -d= -f2; }
for protocol in http2 quic; do
  "$culvert" tunnel --hello-world --quick-service "http://$(address api)" --edge "$(address connectors)" \
    --cacert "$work/edge/ca.pem" --protocol "$protocol" 2>"$work/$protocol.log" &
  pids+=($!)
  wait_for "Registered tunnel connection.*protocol=$protocol" "$work/$protocol.log" >/dev/null
  name=$(wait_for '[a-z]+-[a-z]+-[0-9]+\.localhost' "$work/$protocol.log")
  expect "edge and connector over $protocol" "http://$name:$(address visitors | cut -d: -f2)/uptime" '"uptime"'
done
