#!/usr/bin/env bash
# Makes the packages and takes them through a life on a clean Debian 12: run.sh BUILD_FOLDER. 0 good,
# 77 where it cannot be tried (no root, no debootstrap, no mirror, no namespaces), 1 otherwise.
#
# Twice: in a root without systemd, by dpkg alone (without_systemd.sh), and in one that a real systemd
# has booted (inside.sh). Nothing reaches the host; the roots are clean ones of debootstrap (base.sh),
# kept in BUILD_FOLDER/package-base.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source_root="$(cd "$here/../../.." && pwd)"
build="$(cd "$1" && pwd)"
base="$build/package-base"
test_seconds_max=150
# shellcheck source=tests/process/systemd/booted.sh
source "$here/../systemd/booted.sh"

needNamespaces packages
command -v dpkg-shlibdeps >/dev/null || skip packages "dpkg-dev is not installed"
makeFolder

# repack FILE OUTPUT_FOLDER REVISION [COMMAND...]: the same package of a higher version; the command
# changes what is in the folder that it is given.
repack() {
    local file="$1" output="$2" revision="$3" tree="$folder/repacked"
    shift 3
    mkdir -p "$output"
    dpkg-deb -R "$file" "$tree" && sed -i "s/^\(Version: .*\)-1\$/\1-$revision/" "$tree/DEBIAN/control" || return 1
    (($# == 0)) || "$@" "$tree" || return 1
    (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | xargs -0 md5sum >DEBIAN/md5sums) || return 1
    dpkg-deb --root-owner-group -Znone --build "$tree" "$output" >/dev/null && rm -rf "$tree"
}
# What is behind the end of a program does nothing, and makes it another file.
otherSupervisor() { printf 'another' >>"$1/usr/libexec/eventd/eventd"; }
otherSocketUnit() { printf '# another\n' >>"$1/lib/systemd/system/eventd-log.socket"; }

make="$source_root/systemd/package/make.sh"
mkdir "$folder/again"
"$make" "$build" "$folder/out/first" >/dev/null && "$make" "$build" "$folder/again" >/dev/null || exit 1
diff -r "$folder/out/first" "$folder/again" || {
    echo "NOT: two runs make the same packages"
    exit 1
}
echo "ok: two runs make the same packages"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/check_bill.py" "$folder"/out/first/*.deb || exit 1
for file in "$folder"/out/first/{eventd,evctl}_*.deb; do
    repack "$file" "$folder/out/second" 2 || exit 1
done
file="$(echo "$folder"/out/first/eventd_*.deb)"
repack "$file" "$folder/out/third" 3 otherSupervisor && repack "$file" "$folder/out/fourth" 4 otherSocketUnit || exit 1

unshare --mount "$here/base.sh" "$base" "$folder"/out/first/*.deb
status=$?
((status == 0)) || exit "$status"

unshare --mount --pid --net --fork --kill-child "$here/without_systemd.sh" "$folder" "$base/plain.tar" || exit 1
cp "$here/inside.sh" "$here/../systemd/checks.sh" "$folder/out/"
live packages "$base/systemd.tar" "$test_seconds_max"
