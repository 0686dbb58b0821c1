#!/usr/bin/env bash
# In new namespaces: installs, tries and purges the packages in a root without systemd:
# without_systemd.sh FOLDER ARCHIVE. FOLDER/out has the packages, ARCHIVE the root.
set -uo pipefail
root="$1/plain"
mount --make-rprivate /
mkdir "$root"
mount -t tmpfs tmpfs "$root"
tar -C "$root" -xf "$2" || exit 1
mount -t proc proc "$root/proc"
mkdir "$root/tried"
mount --bind "$1/out" "$root/tried"
failed=0

inside() { LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" /usr/bin/env "$@"; }
check() {
    local words="$1" said
    shift
    if said="$("$@" 2>&1)"; then
        echo "ok: without systemd, $words"
    else
        printf 'NOT: without systemd, %s\n%s\n' "$words" "$said"
        failed=1
    fi
}
ours() { find "$root/etc" "$root/usr" "$root/lib/" "$root/var" "$root/run" -path "$root/var/log" -prune -o \
    \( -iname '*eventd*' -o -iname '*evctl*' \) -print; }
isClean() { [[ -z "$(ours)" ]] || { ours; return 1; }; }
answers() { for _ in {1..100}; do inside evctl -f jsonl "$1" 2>/dev/null | grep -q "$2" && return 0; sleep 0.1; done; return 1; }
files() { find "$root/tried/first" -name '*.deb' -printf '/tried/first/%f '; }

# shellcheck disable=SC2046 # a list of words
check "the packages are installed with what they need" inside apt-get install -q -y --no-install-recommends $(files) sqlite3
check "nobody brought systemd in" test ! -e "$root/lib/systemd/systemd"
check "the users are made" inside getent passwd eventd eventd-supervisor eventd-query eventd-ingest eventd-kmes \
    eventd-collector eventd-sensor
check "the supervisor may look into the stores' folder" inside sh -c 'id -Gn eventd-supervisor | grep -qw eventd'
check "the folders are made" test "$(inside stat -c '%U:%G %a' /var/lib/eventd/events)" = "eventd:eventd 750"
check "the settings are good" inside eventd --check
chroot "$root" /usr/sbin/eventd >"$root/said" 2>&1 &
group=$!
check "started by hand, it answers" answers 'LOGS FROM eventd.nobody COUNT' '"count":0'
check "a line is taken" inside evctl log plain 'a line to keep'
check "and found" answers 'LOGS FROM plain' 'a line to keep'
check "an event is taken" inside evctl emit plain.event '{"n": 1}'
check "and found" answers 'EVENTS plain.event' '"n":1'
check "the extension is found by its name" inside sh -c \
    'sqlite3 :memory: ".load eventd_sqlite" "SELECT guid_text(zeroblob(16))"'
kill "$group"
wait "$group"
check "it stops cleanly" test "$?" -eq 0
check "removing leaves the stores" inside apt-get remove -q -y eventd evctl eventd-sqlite eventd-dev
check "they are there" test -e "$root/var/lib/eventd/events/shard-0000.db"
check "purging asks nothing" inside dpkg --purge eventd
check "and leaves nothing" isClean
exit "$failed"
