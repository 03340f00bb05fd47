#!/usr/bin/env bash
# Publishes the native binary and loads tunnels made of it: one table of CPU, memory, allocations and system calls per request.
#   tools/bench.sh                                every scenario, both transports
#   tools/bench.sh get-50 down --protocol quic    some of it
#   tools/bench.sh --compare path/to/cloudflared  beside another connector, interleaved, with ratios
# Further options: docs/benchmark.md.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh
need_dotnet
need_quic
tools/publish.sh >&2
dotnet build bench/Culvert.Benchmarks -c Release --nologo -v quiet -clp:NoSummary >&2
exec dotnet bench/Culvert.Benchmarks/bin/Release/net10.0/Culvert.Benchmarks.dll load "$@"
