#!/usr/bin/env bash
# Makes clean roots of Debian 12 to install packages in: base.sh FOLDER PACKAGES...
#
# plain.tar is what debootstrap makes and no more, systemd.tar has systemd and what the packages
# depend on. In both lie the archives of all of that, so that the tests need no network. They are
# kept in FOLDER until the dependencies of the packages change. Where packages come from is what
# /etc/apt of this machine says. Exit status 77 and a line where they cannot be had, or not in time.
#
# Run in a mount namespace of its own: what debootstrap mounts goes with it, however it ends.
set -euo pipefail
folder="$1"
shift
suite=bookworm
seconds_max=300  # for all of it: what calls us has 600, and a mirror that says nothing is none

fail() {
    echo "no clean Debian to install in: $*" >&2
    exit 77
}

# What the packages need besides one another, without versions: the first of alternatives.
dependencies() {
    local file
    for file in "$@"; do
        dpkg-deb -f "$file" Depends Recommends
    done | sed 's/^[A-Za-z]*: //' | tr ',' '\n' | sed 's/|.*//; s/(.*)//; s/ //g' | grep -v '^eventd\|^evctl\|^$' | sort -u
}

# Lines of /etc/apt/sources.list for the suite and its updates, as this machine has them.
sources() {
    # shellcheck disable=SC2016 # apt's own names
    apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
        awk -v suite="$suite" '$1 == "Packages" && $3 ~ "^" suite { print "deb " $2, $3, $4 }' | sort -u
}

settings() { apt-config dump | grep -E '^Acquire::(https?|Check|Retries|ForceIPv)' || true; }

# inTime COMMAND...: ends it when the time for everything is over.
inTime() { timeout -k 5 "$((SECONDS < seconds_max ? seconds_max - SECONDS : 1))" "$@"; }

# inside COMMAND...: in the root that is being made.
inside() { DEBIAN_FRONTEND=noninteractive LC_ALL=C inTime chroot "$work/root" "$@"; }

# keep FILE OPTIONS...: the root as it is, without what nobody reads in a test.
keep() {
    local file="$1"
    shift
    inTime tar -C "$work/root" --exclude='./usr/share/locale/*' --exclude='./usr/share/doc/*' \
        --exclude='./usr/share/man/*' --exclude='./var/cache/apt/*.bin' "$@" -cf "$file.new" . &&
        mv "$file.new" "$file"
}

mapfile -t wanted < <(dependencies "$@")
key="$(printf '%s\n' "$suite" "${wanted[@]}" "$(sources)" "$(cat "${BASH_SOURCE[0]}")" | sha256sum | cut -c1-16)"
mkdir -p "$folder"
rm -rf --one-file-system "$folder"/making-*  # of one that was killed
if [[ "$(cat "$folder/key" 2>/dev/null)" == "$key" ]]; then
    exit 0
fi
command -v debootstrap >/dev/null || fail "debootstrap is not installed"
rm -f "$folder/key"
mirror="$(sources | awk -v suite="$suite" '$3 == suite { print $2; exit }')"
[[ -n "$mirror" ]] || fail "no source of $suite in /etc/apt"
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[[ -z "${proxy:-}" || "$proxy" == DIRECT ]] || export http_proxy="$proxy"

echo "making a clean $suite; the next time it is there"
work="$(mktemp -d "$folder/making-XXXXXX")"
trap 'rm -rf --one-file-system "$work"' EXIT
inTime debootstrap --variant=minbase "$suite" "$work/root" "$mirror" >"$work/log" 2>&1 ||
    fail "debootstrap: $(tail -1 "$work/log")"
sources >"$work/root/etc/apt/sources.list"
settings >"$work/root/etc/apt/apt.conf.d/90-host"
[[ ! -e /etc/resolv.conf ]] || cat /etc/resolv.conf >"$work/root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$work/root/usr/sbin/policy-rc.d"
chmod 755 "$work/root/usr/sbin/policy-rc.d"
rm -f "$work/root/etc/apt/apt.conf.d/docker-clean"
{
    inside apt-get update -q &&
        inside apt-get install -q -y --no-install-recommends --download-only systemd systemd-sysv procps "${wanted[@]}"
} >"$work/log" 2>&1 || fail "apt-get: $(tail -1 "$work/log")"
rm "$work/root/usr/sbin/policy-rc.d"
keep "$folder/plain.tar" || fail "no time to keep the root"
printf '#!/bin/sh\nexit 101\n' >"$work/root/usr/sbin/policy-rc.d"
chmod 755 "$work/root/usr/sbin/policy-rc.d"
inside apt-get install -q -y --no-install-recommends --no-download systemd systemd-sysv procps "${wanted[@]}" \
    >"$work/log" 2>&1 || fail "apt-get: $(tail -1 "$work/log")"
rm "$work/root/usr/sbin/policy-rc.d"
# Everything is installed there: what more could be had need not be known.
keep "$folder/systemd.tar" --exclude='./var/lib/apt/lists/*' --exclude='./var/cache/apt/archives/*.deb' ||
    fail "no time to keep the root with systemd"
echo "$key" >"$folder/key"
