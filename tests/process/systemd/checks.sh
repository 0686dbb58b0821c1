#!/usr/bin/env bash
# Sourced by what systemd runs in a root of booted.sh: how it looks at the service and says what it
# finds. Begun is told at once, `good` or `bad` at the end.
# shellcheck disable=SC2317 # called by those who source it
touch /tried/begun
verdict=good
socket=/run/eventd/query.sock

# check WORDS COMMAND...: the command must succeed.
check() {
    local words="$1"
    shift
    if "$@"; then
        echo "ok: $words"
    else
        echo "NOT: $words"
        verdict=bad
    fi
}
ask() { evctl -s "$socket" -f jsonl "$1"; }
answers() { for _ in {1..50}; do ask "$1" 2>/dev/null | grep -q "$2" && return 0; sleep 0.1; done; return 1; }
property() { systemctl show -p "$1" --value eventd.service; }
isActive() { for _ in {1..150}; do systemctl is-active -q eventd.service && return 0; sleep 0.1; done; return 1; }
is() { [[ "$1" == "$2" ]] || { echo "    it is $1, not $2"; return 1; }; }
finish() {
    echo "--- what it said"
    journalctl -u eventd.service --no-pager -o cat
    echo "$verdict" >/tried/result.new
    mv /tried/result.new /tried/result
    exit 0
}
children() { tr ' ' '\n' <"/proc/$1/task/$1/children"; }
# child PID NAME: the one of its children of that name.
child() { local pid; for pid in $(children "$1"); do
    [[ "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -1)" == "$2" ]] && echo "$pid"; done; }
