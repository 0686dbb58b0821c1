#!/usr/bin/env bash
# Sourced by tests that boot a real systemd: process 1 of namespaces of its own, on an overlay over a
# root whose upper layer is a tmpfs, so that nothing that it or we write reaches the host. boot.sh
# makes that root; inside.sh of the test is run by systemd in it, begins by making the file `begun`,
# and ends by writing `good` or `bad` into `result`.
boot_seconds_max=40  # until inside.sh has begun; a container may not let systemd get that far

# skip TEST WORDS...: says why it cannot be tried here, as ctest wants it.
skip() {
    local test="$1"
    shift
    echo "$test is not tried here: $*"
    exit 77
}

needNamespaces() {
    ((EUID == 0)) || skip "$1" "needs root"
    unshare --mount --pid --ipc --uts --net --cgroup --fork true 2>/dev/null || skip "$1" "no namespaces"
}

# Sets `folder`, which goes with the script; out/ in it is /tried inside.
makeFolder() {
    folder="$(mktemp -d /tmp/evd-systemd-XXXXXX)"
    init=""
    trap cleanUp EXIT
    mkdir "$folder/out"
}
cleanUp() {
    [[ -z "$init" ]] || kill -KILL "$init" 2>/dev/null  # and with it all of its namespaces
    wait 2>/dev/null
    rm -rf "$folder"
}

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

# live TEST LOWER SECONDS: boots over this root, or archive of one, and is true if inside.sh finds everything good.
live() {
    unshare --mount --pid --ipc --uts --net --cgroup --fork --kill-child --mount-proc \
        "$(dirname "${BASH_SOURCE[0]}")/boot.sh" "$folder" "$2" >"$folder/boot.log" 2>&1 </dev/null &
    init=$!
    waitFor begun "$boot_seconds_max" || {
        cat "$folder/boot.log"
        skip "$1" "systemd did not come up in its namespaces"
    }
    waitFor result "$3"
    cat "$folder/out/log"
    [[ "$(cat "$folder/out/result" 2>/dev/null)" == good ]]
}
