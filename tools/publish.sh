#!/usr/bin/env bash
# Publishes the native binary to artifacts/culvert.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/install.sh
need_dotnet
need clang clang
need '/usr/lib/*/libz.so' zlib1g-dev

case $(uname -m) in
  x86_64) runtime=linux-x64 ;;
  aarch64) runtime=linux-arm64 ;;
  *) echo "$0: no native build for $(uname -m)" >&2; exit 1 ;;
esac
dotnet publish tools/culvert -c Release -r "$runtime" -o artifacts --nologo -v quiet
echo "artifacts/culvert: $(stat -c %s artifacts/culvert) bytes"
