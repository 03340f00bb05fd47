#!/usr/bin/env bash
# The performance gate: builds what is measured, measures it, and compares with tools/perfgate/baseline.json.
#   tools/perfgate.sh                  all rings;  tools/perfgate.sh check 1 2  some
#   tools/perfgate.sh record "REASON"  accepts what this build costs as the new baseline
#   tools/perfgate.sh self-test        makes sure that known regressions are caught
# docs/designs/performance-gate.md says what the rings are.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh
need_dotnet
need_quic
need valgrind valgrind
need objcopy binutils
command -v perf >/dev/null || need strace strace
case $(uname -m) in
  x86_64) runtime=linux-x64 ;;
  aarch64) runtime=linux-arm64 ;;
  *) echo "$0: no native build for $(uname -m)" >&2; exit 1 ;;
esac

# .ci/run has just built some of it: PERFGATE_BUILT=1 says that artifacts/culvert is of this very source, 2 that everything is.
built=${PERFGATE_BUILT:-0}
[ "$built" -ge 1 ] || tools/publish.sh >&2
if [ "$built" -lt 2 ]; then
  dotnet publish bench/Culvert.Harness -c Release -r "$runtime" -o artifacts/harness-build --nologo -v quiet >&2
  # Names of functions stay; line tables go, because older valgrinds stumble over their version.
  objcopy --strip-debug --remove-section .gnu_debuglink artifacts/harness-build/Culvert.Harness artifacts/harness
  dotnet build bench/Culvert.Benchmarks -c Release --nologo -v quiet -clp:NoSummary >&2
  dotnet build tools/perfgate -c Release --nologo -v quiet -clp:NoSummary >&2
fi
[ $# -gt 0 ] || set -- check
exec dotnet tools/perfgate/bin/Release/net10.0/Culvert.PerfGate.dll "$@"
