#!/usr/bin/env bash
# Run by systemd itself, as root, in the root that boot.sh has made: installs users and folders, and
# follows the units through a life. Says what it looks at.
set -uo pipefail
# shellcheck source=tests/process/systemd/checks.sh
source /tried/checks.sh
# capabilities PID: what it may do, in the kernel's hexadecimal.
capabilities() { awk '/^CapEff/ { print $2 }' "/proc/$1/status"; }

check "users are made" systemd-sysusers
check "folders are made" systemd-tmpfiles --create --prefix=/run/eventd --prefix=/var/lib/eventd
check "sockets open without the service" systemctl start eventd-query.socket eventd-log.socket eventd-metric.socket
check "a log line waits in the socket" evctl -s "$socket" log early.bird waits
check "somebody who knocks starts the service" isActive
[[ "$verdict" == good ]] || finish
main="$(property MainPID)"
check "the line that waited is stored" answers 'LOGS FROM early.bird' waits
check "the rings are with systemd" test "$(property NFileDescriptorStore)" -ge 3
check "the supervisor is itself" is "$(stat -c %U "/proc/$main")" eventd-supervisor
# KILL, SETGID, SETUID and SYS_PTRACE.
check "it has four capabilities" is "$(capabilities "$main")" 00000000000800e0
for pair in store= queryd=-query ingest=-ingest kmesd=-kmes collector=-collector sensor=-sensor; do
    pid="$(child "$main" "eventd-${pair%%=*}")"
    check "eventd-${pair%%=*} is a user of its own" is "$(ps -o user:32= -p "$pid" | tr -d ' ')" "eventd${pair#*=}"
    wanted=0000000000000000
    [[ "$pair" != sensor=* ]] || wanted=0000000000080000
    check "eventd-${pair%%=*} has what it needs" is "$(capabilities "$pid")" "$wanted"
done
check "the store may tell of what it has stored" is "$(stat -c '%U:%G %a' /run/eventd/notices.sock)" \
    "eventd-supervisor:eventd 660"
check "an event is taken" evctl -s "$socket" emit tried.event '{"life": 1}'
check "a reload comes back" timeout 10 systemctl reload eventd.service
kill -KILL "$main"
for _ in {1..100}; do [[ "$(property MainPID)" != "$main" ]] && break; sleep 0.1; done
check "after a kill it is started again" isActive
check "an event is taken again" evctl -s "$socket" emit tried.event '{"life": 2}'
check "a restart works" timeout 20 systemctl restart eventd.service
check "an event is taken once more" evctl -s "$socket" emit tried.event '{"life": 3}'
check "the rings went on with their numbers" answers 'EVENTS tried.event TAKE 1' '"life":3'
check "each is stored once" is "$(ask 'EVENTS tried.event COUNT' | tr -dc 0-9)" 3
check "nothing was lost" is "$(ask 'EVENTS synthetic.gap COUNT' | tr -dc 0-9)" 0
check "a stop is clean" timeout 20 systemctl stop eventd.service
check "it did not fail" is "$(property Result)" success
check "the socket stays" test -S "$socket"
finish
