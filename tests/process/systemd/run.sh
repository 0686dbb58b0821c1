#!/usr/bin/env bash
# Boots a real systemd and tries the units in it: run.sh BUILD_FOLDER. 0 good, 77 where it cannot be
# tried (no root, no systemd, no namespaces), 1 otherwise.
#
# systemd is process 1 of namespaces of its own, on an overlay over the host's root whose upper layer
# is a tmpfs, so that nothing that it or we write reaches the host. boot.sh makes that root, inside.sh
# is run by systemd in it and says what it finds.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="$1"
boot_seconds_max=20  # until inside.sh has begun; a container may not let systemd get that far
test_seconds_max=90

skip() {
    echo "systemd is not tried here: $*"
    exit 77
}

((EUID == 0)) || skip "needs root"
[[ -x /lib/systemd/systemd ]] || skip "no systemd is installed"
unshare --mount --pid --ipc --uts --net --cgroup --fork true 2>/dev/null || skip "no namespaces"

folder="$(mktemp -d /tmp/evd-systemd-XXXXXX)"
init=""
cleanUp() {
    [[ -z "$init" ]] || kill -KILL "$init" 2>/dev/null  # and with it all of its namespaces
    wait 2>/dev/null
    rm -rf "$folder"
}
trap cleanUp EXIT
mkdir "$folder/out"
cp "$here/inside.sh" "$folder/out/"
DESTDIR="$folder/installed" cmake --install "$build" >/dev/null || exit 1

unshare --mount --pid --ipc --uts --net --cgroup --fork --kill-child --mount-proc \
    "$here/boot.sh" "$folder" >"$folder/boot.log" 2>&1 </dev/null &
init=$!
# waitFor FILE SECONDS
waitFor() {
    local i
    for ((i = 0; i < $2 * 10; ++i)); do
        [[ -e "$folder/out/$1" ]] && return 0
        kill -0 "$init" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}
waitFor begun "$boot_seconds_max" || {
    cat "$folder/boot.log"
    skip "systemd did not come up in its namespaces"
}
waitFor result "$test_seconds_max"
cat "$folder/out/log"
[[ "$(cat "$folder/out/result" 2>/dev/null)" == good ]]
