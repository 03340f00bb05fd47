#!/usr/bin/env bash
# Sends DNS queries, pings, iperf3 and transfers through an edge node and a connector that live in network namespaces of their own,
# joined by a link of 1280 bytes. Needs root; what a missing tool would show is skipped, with a line that says so. With
# CULVERT=FILE that binary is tried instead of artifacts/culvert.
set -euo pipefail
cd "$(dirname "$0")/.."
culvert=$(realpath "${CULVERT:-artifacts/culvert}")

# Namespaces for networks, mounts and processes, so that nothing of it is seen outside or stays.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "private-networks: skipped: needs root to make network namespaces"; exit 0; }
  command -v ip >/dev/null || { echo "private-networks: skipped: ip (iproute2) is missing"; exit 0; }
  [ -x "$culvert" ] || { echo "private-networks: $culvert is missing: make it with tools/publish.sh" >&2; exit 1; }
  CULVERT=$culvert exec unshare --net --mount --pid --mount-proc --kill-child --fork bash "$0" inside
fi

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "private-networks: $1" >&2; tail -n 5 "$work"/*.log >&2; exit 1; }
ok() { echo "private-networks: $1: ok"; }
has() { command -v "$1" >/dev/null || { echo "private-networks: skipped: $2: $1 is missing"; return 1; }; }
edge() { ip netns exec edge "$@"; }
home() { ip netns exec home "$@"; }
wait_for() {
  for _ in $(seq 200); do
    grep -qE "$1" "$2" 2>/dev/null && return
    sleep 0.1
  done
  fail "'$1' did not appear in $2"
}

# The edge has 192.0.2.1, the connector 192.0.2.2; behind it are 10.99.0.1 and fd99::1, which the edge cannot reach itself.
mount -t tmpfs none /run
mkdir -p /run/netns
ip netns add edge
ip netns add home
ip link add outside netns edge type veth peer name inside netns home
for side in edge home; do ip -n "$side" link set lo up; done
edge ip link set outside mtu 1280 up
home ip link set inside mtu 1280 up
edge ip addr add 192.0.2.1/24 dev outside
home ip addr add 192.0.2.2/24 dev inside
home ip addr add 10.99.0.1/32 dev lo
home ip addr add fd99::1/128 dev lo nodad
home ip route add default via 192.0.2.1
home sh -c 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range'
pings=()
if edge ip tuntap add culvert0 mode tun 2>/dev/null; then
  edge ip addr add 100.96.0.1/32 dev culvert0
  edge ip addr add fd96::1/128 dev culvert0 nodad
  edge ip link set culvert0 mtu 1280 up
  edge ip route add 10.99.0.0/24 dev culvert0
  edge ip route add fd99::/64 dev culvert0
  pings=(--ping-interface culvert0)
else
  echo "private-networks: skipped: pings: this kernel has no TUN interfaces"
fi

token=$("$culvert" edge token)
edge "$culvert" edge --data "$work/edge" --listen 192.0.2.1:8080 --listen-connectors 192.0.2.1:7844 --listen-api 127.0.0.1:8081 \
  --tunnel "home.example=$token" --udp 127.0.0.1:5353=home.example/10.99.0.1:53 --udp '127.0.0.1:5354=home.example/[fd99::1]:53' \
  --udp 127.0.0.1:5201=home.example/10.99.0.1:5201 --tcp 127.0.0.1:5201=home.example/10.99.0.1:5201 \
  --private-network home.example=10.99.0.0/24 --private-network home.example=fd99::/64 \
  --private-proxy 127.0.0.1:1080 "${pings[@]}" 2>"$work/edge.log" &
pids+=($!)
wait_for 'Edge node is listening' "$work/edge.log"
home "$culvert" tunnel --edge 192.0.2.1:7844 --edge 192.0.2.1:7844 --cacert "$work/edge/ca.pem" --protocol quic --metrics 127.0.0.1:0 \
  --loglevel debug run --token "$token" --url http://10.99.0.1:80 2>"$work/connector.log" &
pids+=($!)
wait_for 'Registered tunnel connection.*connIndex=1' "$work/connector.log"

# Nobody serves the port yet.
status=0
edge bash -c 'exec 3<>/dev/udp/127.0.0.1/5353; echo anybody >&3; read -r -t 10 -u 3' 2>"$work/refused.log" || status=$?
grep -q 'refused' "$work/refused.log" || fail "a UDP client of a closed port was not told so (status $status)"
ok "a closed UDP port refuses its client"

if has dig "DNS" && has dnsmasq "DNS"; then
  home dnsmasq --keep-in-foreground --no-resolv --no-hosts --no-daemon --bind-interfaces --listen-address 10.99.0.1,fd99::1 \
    --address /inside.example/10.99.0.7 --pid-file= --user=root 2>"$work/dns.log" &
  pids+=($!)
  wait_for 'started' "$work/dns.log"
  for port in 5353 5354; do
    answer=$(edge dig @127.0.0.1 -p $port +short +tries=3 +time=3 www.inside.example) || fail "dig got no answer on port $port"
    [ "$answer" = 10.99.0.7 ] || fail "dig on port $port answered '$answer'"
  done
  ok "DNS, to a server on IPv4 and one on IPv6"
fi

if [ ${#pings[@]} -gt 0 ] && has ping "pings"; then
  edge ping -c 5 -i 0.2 -W 5 10.99.0.1 >"$work/ping.log" || fail "ping was not answered"
  edge ping -c 3 -i 0.2 -W 5 -s 1000 10.99.0.1 >>"$work/ping.log" || fail "a long ping was not answered"
  edge ping -6 -c 3 -i 0.2 -W 5 fd99::1 >>"$work/ping.log" || fail "ping over IPv6 was not answered"
  edge ping -c 1 -W 5 -t 1 10.99.0.1 >"$work/hop.log" && fail "ping with one hop left went through"
  grep -q 'Time to live exceeded' "$work/hop.log" || fail "ping with one hop left was not told so"
  ok "pings on IPv4 and IPv6, and one that may go no further"
fi

if has iperf3 "UDP at a rate"; then
  home iperf3 --server --bind 10.99.0.1 >"$work/iperf.log" 2>&1 &
  pids+=($!)
  sleep 1
  for length in 64 1150; do
    edge iperf3 --client 127.0.0.1 --port 5201 --udp --length $length --bitrate 5M --time 3 --json >"$work/iperf.json" \
      || fail "iperf3 with $length bytes failed: $(grep -m1 '"error"' "$work/iperf.json")"
    lost=$(sed -n 's/.*"lost_percent":[[:space:]]*\([0-9.]*\).*/\1/p' "$work/iperf.json" | tail -n 1)
    awk -v lost="$lost" 'BEGIN { exit !(lost != "" && lost < 5) }' || fail "iperf3 with $length bytes lost '$lost' percent"
    ok "iperf3, UDP payloads of $length bytes at 5 Mbit/s, $lost % lost"
  done
  edge iperf3 --client 127.0.0.1 --port 5201 --time 2 --json >"$work/iperf.json" || fail "iperf3 over TCP failed"
  ok "iperf3 over TCP"
fi

if has curl "the proxy"; then
  home "$culvert" edge --data "$work/inner" --listen 10.99.0.1:8080 --listen-connectors 127.0.0.1:0 --listen-api 127.0.0.1:0 \
    2>"$work/inner.log" &
  pids+=($!)
  wait_for 'Edge node is listening' "$work/inner.log"
  for proxy in socks5 http; do
    status=$(edge curl -sS --max-time 10 --proxytunnel --proxy "$proxy://127.0.0.1:1080" -o /dev/null -w '%{http_code}' http://10.99.0.1:8080/) \
      || fail "curl through the $proxy proxy failed"
    [ "$status" = 530 ] || fail "curl through the $proxy proxy got $status"
    edge curl -sS --max-time 10 --proxytunnel --proxy "$proxy://127.0.0.1:1080" http://192.0.2.2/ >/dev/null 2>&1 \
      && fail "the $proxy proxy reached a network that was not named"
  done
  ok "SOCKS5 and CONNECT, to the named networks only"
fi
