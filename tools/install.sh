# Installs what a command of this repository needs and the machine lacks. Sourced by the scripts beside it.
# Says nothing when all is in place.

# need WHAT PACKAGE...: when WHAT (a command, or a file or pattern with a slash) is missing, installs the Debian packages.
need() {
  local what=$1
  shift
  case $what in
    */*) compgen -G "$what" >/dev/null && return ;;
    *) command -v "$what" >/dev/null && return ;;
  esac
  if ! command -v apt-get >/dev/null; then
    echo "$0: $what is missing, and this is not a Debian system: please install the equivalent of: $*" >&2
    exit 1
  fi
  local root=
  if [ "$(id -u)" != 0 ]; then
    root=sudo
    command -v sudo >/dev/null || { echo "$0: $what is missing; as root run: apt-get install $*" >&2; exit 1; }
  fi
  echo "$0: installing $* ($what is missing)" >&2
  local log
  log=$(mktemp)
  if ! { $root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $root apt-get -qq -y install --no-install-recommends "$@"; } \
      >"$log" 2>&1; then
    cat "$log" >&2
    echo "$0: could not install $*" >&2
    exit 1
  fi
  rm -f "$log"
}

# need_quic: the two libraries of the QUIC transport. Debian 12 has them in its backports only, which are added, from the mirror that
# is configured, in a file of their own. Where they cannot be had, says so and goes on: Culvert then speaks HTTP/2 alone.
need_quic() {
  local packages=(libngtcp2-16 libngtcp2-crypto-gnutls8)
  local list=/etc/apt/sources.list.d/culvert-backports.list
  compgen -G '/usr/lib/*/libngtcp2_crypto_gnutls.so.8' >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "$0: QUIC needs the packages ${packages[*]}; going on without it" >&2
    return
  fi
  apt-get -qq update >/dev/null 2>&1 || true
  if ! apt-cache policy "${packages[@]}" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
    local mirror suite
    read -r mirror suite < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' \
      'Component: main' | grep -vE -- '-(security|updates|backports)$' | sort -u | head -n 1)
    if [ -n "${suite:-}" ]; then
      echo "$0: adding the package source $suite-backports in $list" >&2
      echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite-backports main" >"$list"
    fi
  fi
  (need '/usr/lib/*/libngtcp2_crypto_gnutls.so.8' "${packages[@]}") || echo "$0: going on without QUIC" >&2
}

need_dotnet() {
  command -v dotnet >/dev/null || {
    echo "$0: the .NET 10 SDK is missing: install the package dotnet-sdk-10.0 or see https://dot.net" >&2
    exit 1
  }
}
