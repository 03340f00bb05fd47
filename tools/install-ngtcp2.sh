#!/bin/sh
# Makes sure the two native libraries of the QUIC transport are installed. Silent when they are; otherwise says what it does.
# Debian 12 has them only in bookworm-backports, which is added in a file of its own, and only when no configured suite has them.
set -eu

packages="libngtcp2-16 libngtcp2-crypto-gnutls8"
suite_file=/etc/apt/sources.list.d/culvert-backports.list

installed() {
    for package in $packages; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || return 1
    done
}

offered() {
    for package in $packages; do
        apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [0-9]' || return 1
    done
}

installed && exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "install-ngtcp2: root is needed to install $packages" >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
if ! offered; then
    echo "install-ngtcp2: reading the package lists"
    apt-get update -qq
fi

if ! offered; then
    . /etc/os-release
    if [ "${ID:-}" != debian ] || [ -z "${VERSION_CODENAME:-}" ]; then
        echo "install-ngtcp2: no configured suite has $packages" >&2
        exit 1
    fi
    echo "install-ngtcp2: adding $VERSION_CODENAME-backports in $suite_file"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keyring] http://deb.debian.org/debian $VERSION_CODENAME-backports main" > "$suite_file"
    apt-get update -qq
fi

echo "install-ngtcp2: installing $packages"
# shellcheck disable=SC2086 # two package names, on purpose
if ! apt-get install -y -qq --no-install-recommends $packages > /tmp/install-ngtcp2.log 2>&1; then
    cat /tmp/install-ngtcp2.log >&2
    exit 1
fi
