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

need_dotnet() {
  command -v dotnet >/dev/null || {
    echo "$0: the .NET 10 SDK is missing: install the package dotnet-sdk-10.0 or see https://dot.net" >&2
    exit 1
  }
}
