#!/usr/bin/env bash
# What a connector with four connections goes through, with real programs in network namespaces: an edge node that is killed and
# restarted, a machine that sleeps, UDP that is blocked, addresses that are dead or answer garbage, a resolver that dies, one connection
# of four that is cut, dates that are set.
# After each of them all four have to be back within 10 s, at hardly any cost, and nothing may leak. Needs root. An argument says how
# many times the edge node is killed (default 10); `clock` in its place tries the dates alone. With CULVERT=FILE that binary is
# tried instead of artifacts/culvert.
set -euo pipefail
cd "$(dirname "$0")/.."
culvert=$(realpath "${CULVERT:-artifacts/culvert}")

# Namespaces for networks, mounts and processes, so that nothing of it is seen outside or stays.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "chaos: skipped: needs root to make network namespaces"; exit 0; }
  for tool in ip curl python3; do
    command -v $tool >/dev/null || { echo "chaos: skipped: $tool is missing"; exit 0; }
  done
  [ -x "$culvert" ] || { echo "chaos: $culvert is missing: make it with tools/publish.sh" >&2; exit 1; }
  CULVERT=$culvert exec unshare --net --mount --pid --mount-proc --kill-child --fork bash "$0" inside "${1:-10}"
fi
kills=$2

back_limit=10000  # ms until all connections are back after what kept them away has ended
away_cpu=2        # most percent of a processor while there is no edge node
work=$(mktemp -d)
pids=()
edge_pid=
connector_pid=
cleanup() {
  for pid in "${pids[@]}" $edge_pid $connector_pid; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() {
  echo "chaos: $1" >&2
  tail -n 20 "$work/connector.log" >&2
  exit 1
}
ok() { echo "chaos: $*: ok"; }
now() { echo $(($(date +%s%N) / 1000000)); }
edge() { ip netns exec edge "$@"; }
home() { ip netns exec home "$@"; }

# The edge node has four addresses, the connector one.
mount -t tmpfs none /run
mkdir -p /run/netns
ip netns add edge
ip netns add home
ip link add outside netns edge type veth peer name inside netns home
for side in edge home; do ip -n "$side" link set lo up; done
ip -n edge link set outside up
ip -n home link set inside up
for address in 1 2 3 4 5; do ip -n edge addr add "192.0.2.$address/24" dev outside; done
ip -n home addr add 192.0.2.100/24 dev inside

# Rules in front of this one can drop what comes in, without a firewall.
for side in edge home; do
  ip -n "$side" rule add pref 100 lookup local
  ip -n "$side" rule del pref 0
done
block() { ip -n edge rule add pref 1 iif outside "$@" blackhole; }
unblock() { ip -n edge rule del pref 1 iif outside "$@" blackhole; }

# An origin whose answers take as long as their path says, and ports that accept and then talk nonsense.
cat >"$work/origin.py" <<'PY'
import http.server, socketserver, time
class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        seconds = int(self.path.strip("/") or 0)
        self.send_response(200)
        self.send_header("Content-Length", str(seconds * 10 + 1))
        self.end_headers()
        for _ in range(seconds * 10):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)
        self.wfile.write(b"!")
    def log_message(self, *_): pass
    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
Server(("127.0.0.1", 9000), Origin).serve_forever()
PY
cat >"$work/garbage.py" <<'PY'
import os, socket, sys, threading
tcp = socket.create_server((sys.argv[1], 7844))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], 7844))
def streams():
    while True:
        peer, _ = tcp.accept()
        peer.sendall(os.urandom(4096))
        peer.close()
threading.Thread(target=streams, daemon=True).start()
while True:
    _, peer = udp.recvfrom(2048)
    udp.sendto(os.urandom(1200), peer)
PY
ip netns exec home python3 "$work/origin.py" & pids+=($!)

token=$("$culvert" edge token)
under=()  # what both programs are started by
start_edge() { # ADDRESS
  # Not by the function above: $! would be a shell around the program.
  ip netns exec edge "${under[@]}" "$culvert" edge --data "$work/edge" --listen 192.0.2.5:8080 \
    --listen-connectors "${1:-*}:7844" --listen-api 127.0.0.1:8081 \
    --tunnel "home.example=$token" --metrics 127.0.0.1:20251 2>"$work/edge.log" &
  edge_pid=$!
  for _ in $(seq 100); do
    grep -q 'Edge node is listening' "$work/edge.log" && return
    sleep 0.05
  done
  fail "the edge node did not start: $(cat "$work/edge.log")"
}
kill_edge() { # quietly
  kill -KILL $edge_pid
  wait $edge_pid 2>/dev/null || true
  edge_pid=
}
start_connector() { # FLAGS
  ip netns exec home "${under[@]}" "$culvert" tunnel --cacert "$work/edge/ca.pem" --metrics 127.0.0.1:20241 "$@" \
    run --token "$token" --url http://127.0.0.1:9000 \
    2>>"$work/connector.log" &
  connector_pid=$!
}
stop_connector() {
  kill $connector_pid
  wait $connector_pid || fail "the connector ended with status $?"
  connector_pid=
}
four=(--edge 192.0.2.1:7844 --edge 192.0.2.2:7844 --edge 192.0.2.3:7844 --edge 192.0.2.4:7844)
ready() { home curl -s -m 2 http://127.0.0.1:20241/ready | sed -n 's/.*"readyConnections":\([0-9]*\).*/\1/p'; }
over() { edge curl -s -m 2 http://127.0.0.1:20251/metrics | sed -n "s/^culvert_edge_connections{protocol=\"$1\"} //p"; }
wait_ready() { # COUNT WHAT LIMIT
  local start=$(now)
  while [ "$(ready)" != "$1" ]; do
    [ $(($(now) - start)) -lt "$3" ] || fail "$2: $(ready) instead of $1 connections after $3 ms"
    sleep 0.1
  done
  took=$(($(now) - start))
}
wait_over() { # TRANSPORT COUNT WHAT LIMIT
  local start=$(now)
  while [ "$(over "$1")" != "$2" ]; do
    [ $(($(now) - start)) -lt "$4" ] || fail "$3: $(over "$1") instead of $2 over $1 after $4 ms"
    sleep 0.2
  done
  took=$(($(now) - start))
}
ticks() { awk '{ print $14 + $15 }' "/proc/${1:-$connector_pid}/stat"; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$connector_pid/status"; }
descriptors() { ls "/proc/$connector_pid/fd" | wc -l; }

# Dates that are set forward and back for the connector and the edge node, while requests flow. No connection may be lost, nor a
# request. The machine's own clock is left alone.
set_date() { # SECONDS off the machine's date; written in place, at once
  printf '%+012d' "$1" 1<>"$work/clock"
}
check_date() { # NAMESPACE PORT SECONDS: a program has noticed, by its own answers
  local date off
  for _ in $(seq 30); do
    date=$("$1" curl -s -m 2 -D - -o "$work/body" "http://127.0.0.1:$2/metrics" | tr -d '\r' | sed -n 's/^[Dd]ate: //p') || true
    [ -n "$date" ] || continue
    off=$(($(date -d "$date" +%s) - $(date +%s) - $3))
    [ $off -ge -3 ] && [ $off -le 3 ] && return
    sleep 0.1
  done
  fail "a date that was set by $3 s was not seen in $1: $date"
}
registrations() {
  home curl -s -m 2 http://127.0.0.1:20241/metrics | sed -n 's/^cloudflared_tunnel_tunnel_register_success{.*} //p'
}
dates() { # TRANSPORT
  local request requests=() flow lost=0 failed used used_edge jump
  set_date 0
  start_edge
  start_connector "${four[@]}" --protocol "$1"
  wait_ready 4 "first connections over $1, under a clock" 15000
  for request in $(seq 8); do
    ip netns exec edge curl -s -m 60 -H 'Host: home.example' "http://192.0.2.5:8080/14" >"$work/answer.$request" & requests+=($!)
  done
  : >"$work/codes"
  touch "$work/flowing"
  while [ -e "$work/flowing" ]; do
    edge curl -s -m 5 -o "$work/short" -w '%{http_code}\n' -H 'Host: home.example' http://192.0.2.5:8080/ >>"$work/codes" || true
    sleep 0.05
  done & flow=$!
  pids+=("$flow")
  sleep 1
  for jump in 86400 0 -86400 0; do
    set_date $jump
    check_date home 20241 $jump
    check_date edge 20251 $jump
    sleep 2
    [ "$(ready)" = 4 ] && [ "$(over "$1")" = 4 ] || fail "$(ready) connections after a date was set by $jump s over $1"
  done
  for request in $(seq 8); do
    wait "${requests[$((request - 1))]}" || true
    [ "$(wc -c <"$work/answer.$request")" = 141 ] || lost=$((lost + 1))
  done
  rm "$work/flowing"
  wait $flow
  [ $lost = 0 ] || fail "$lost of 8 long requests were lost when dates were set over $1"
  failed=$(grep -cvx 200 "$work/codes") || true
  [ "$failed" = 0 ] || fail "$failed of $(wc -l <"$work/codes") requests failed over $1"

  # At rest, with one jump more in front.
  set_date 86400
  check_date home 20241 86400
  sleep 1
  used=$(ticks) used_edge=$(ticks $edge_pid)
  sleep 10
  used=$((($(ticks) - used) * 100 / $(getconf CLK_TCK)))
  used_edge=$((($(ticks $edge_pid) - used_edge) * 100 / $(getconf CLK_TCK)))
  [ $used -le $((away_cpu * 10)) ] && [ $used_edge -le $((away_cpu * 10)) ] ||
    fail "$used and $used_edge tenths of a percent of a processor after dates were set over $1"
  [ "$(registrations)" = 4 ] || fail "$(registrations) registrations in place of 4 when dates were set over $1"

  # A day later for both, a connection is made as ever.
  kill_edge
  start_edge
  wait_over "$1" 4 "restart a day later over $1" $back_limit
  ok "dates set by a day forward and back over $1: $(wc -l <"$work/codes") requests and 8 long ones unharmed," \
    "no connection lost; $used tenths of a percent of a processor in the connector, $used_edge in the edge node; back $took ms after a restart"
  stop_connector
  kill_edge
}
all_dates() {
  if ! command -v cc >/dev/null; then
    echo "chaos: dates that are set: skipped: cc is missing, no C compiler to build the clock with"
    return
  fi
  cc -O2 -Wall -Werror -shared -fPIC -o "$work/clock.so" tools/chaos-clock.c -ldl
  under=(env "LD_PRELOAD=$work/clock.so" "CHAOS_CLOCK=$work/clock")
  dates quic
  dates http2
  under=()
}
if [ "$kills" = clock ]; then
  all_dates
  exit
fi

for transport in quic http2; do
  start_edge
  start_connector "${four[@]}" --protocol $transport
  wait_ready 4 "first connections over $transport" 15000

  # Killed again and again, and back at once. The first rounds let pools and tables grow to what they need. The node counts those that
  # are back: it knows none of them, and they may not have noticed yet that it was away.
  slowest=0
  for round in $(seq "$kills"); do
    kill_edge
    start_edge
    wait_over $transport 4 "round $round over $transport" $back_limit
    if [ $took -gt $slowest ]; then slowest=$took; fi
    if [ "$round" = $((kills / 2)) ]; then before=$(resident) files=$(descriptors); fi
  done
  wait_ready 4 "after $kills restarts over $transport" $back_limit
  [ "$(descriptors)" -le $((files + 4)) ] || fail "descriptors grew from $files to $(descriptors) over $transport"
  [ "$(resident)" -le $((before * 115 / 100 + 2048)) ] || fail "memory grew from $before to $(resident) KiB over $transport"
  ok "$kills restarts over $transport: back after at most $slowest ms; memory $before, then $(resident) KiB; descriptors $files, then $(descriptors)"

  # A machine that sleeps: to the program, its clocks jump.
  kill -STOP $connector_pid
  sleep 20
  kill -CONT $connector_pid
  sleep 2
  wait_over $transport 4 "after a sleep of 20 s over $transport" $back_limit
  wait_ready 4 "after a sleep of 20 s over $transport" $back_limit
  ok "a sleep of 20 s over $transport: all back"

  kill_edge
  wait_ready 0 "loss over $transport noticed" 8000
  used=$(ticks)
  sleep 10
  used=$((($(ticks) - used) * 100 / $(getconf CLK_TCK)))  # hundredths of a second in ten seconds: tenths of a percent
  [ $used -le $((away_cpu * 10)) ] || fail "$used tenths of a percent of a processor without an edge node over $transport"
  start_edge
  wait_ready 4 "after the long outage over $transport" $back_limit
  ok "10 s without an edge node over $transport: $used tenths of a percent of a processor"

  # One of four: what the other three carry goes on.
  requests=()
  for request in $(seq 12); do
    ip netns exec edge curl -s -m 40 -H 'Host: home.example' "http://192.0.2.5:8080/12" >"$work/answer.$request" & requests+=($!)
  done
  sleep 1
  block to 192.0.2.3 ipproto $([ $transport = quic ] && echo udp || echo tcp) dport 7844
  # TCP has no news of a peer that falls silent; the system gives up after a time of its own.
  wait_ready 3 "one cut connection over $transport noticed" 40000
  lost=0
  for request in $(seq 12); do
    wait "${requests[$((request - 1))]}" || true
    [ "$(wc -c <"$work/answer.$request")" = 121 ] || lost=$((lost + 1))
  done
  [ $lost -le 3 ] || fail "$lost of 12 requests were lost with one connection of four over $transport"
  unblock to 192.0.2.3 ipproto $([ $transport = quic ] && echo udp || echo tcp) dport 7844
  wait_ready 4 "after one cut connection over $transport" $back_limit
  ok "one of four cut over $transport: $((12 - lost)) of 12 requests unharmed"
  stop_connector
  kill_edge
done

# UDP goes away and comes back.
start_edge
start_connector "${four[@]}" --protocol auto
wait_over quic 4 "all over QUIC" 15000
block ipproto udp dport 7844
wait_over http2 4 "all over HTTP/2 after UDP was blocked" 90000
ok "UDP blocked: all over HTTP/2 after $took ms"
[ "$(home curl -s -m 2 http://127.0.0.1:20241/ready -o /dev/null -w '%{http_code}')" = 200 ] || fail "not ready without UDP"
unblock ipproto udp dport 7844
wait_over quic 4 "all over QUIC again" 180000
ok "UDP back: all over QUIC after $took ms"
stop_connector
block ipproto udp dport 7844
start_connector "${four[@]}" --protocol auto
wait_over http2 4 "started without UDP" 30000
ok "started without UDP: all over HTTP/2 after $took ms"
unblock ipproto udp dport 7844
stop_connector
kill_edge

# One address works, one drops everything, one refuses, one answers with garbage.
for transport in quic http2; do
  start_edge 192.0.2.1
  block to 192.0.2.2
  ip netns exec edge python3 "$work/garbage.py" 192.0.2.4 & garbage=$!
  start_connector "${four[@]}" --protocol $transport
  wait_ready 1 "the one good address over $transport" 90000
  sleep 5
  used=$(ticks)
  sleep 10
  used=$((($(ticks) - used) * 100 / $(getconf CLK_TCK)))
  [ $used -le $((away_cpu * 10)) ] || fail "$used tenths of a percent of a processor with bad addresses over $transport"
  kill_edge
  kill -KILL $garbage
  wait $garbage 2>/dev/null || true
  unblock to 192.0.2.2
  start_edge
  wait_ready 4 "all addresses good again over $transport" 20000
  ok "three bad addresses over $transport: $used tenths of a percent of a processor; all four $took ms after the start"
  stop_connector
  kill_edge
done

# Names are looked up at the start; a resolver that dies later changes nothing.
start_edge
echo '192.0.2.1 node.example' >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts
echo 'nameserver 192.0.2.77' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
named=(--edge node.example:7844 --edge node.example:7844 --edge node.example:7844 --edge node.example:7844)
start_connector "${named[@]}" --protocol quic
wait_ready 4 "an edge node by name" 20000
: >"$work/hosts"
kill_edge
wait_ready 0 "loss without a resolver noticed" 8000
start_edge
wait_ready 4 "an edge node whose name is gone" $back_limit
ok "resolver dead: all back"
stop_connector
kill_edge

all_dates
echo "chaos: all ok"
