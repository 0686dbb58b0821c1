#!/usr/bin/env bash
# Run by a real systemd in a clean Debian: installs the packages, upgrades them while records come
# in, removes and purges them. Says what it looks at. /tried has the packages: first, second (the
# same programs), third (another supervisor) and fourth (another socket unit).
set -uo pipefail
# shellcheck source=tests/process/systemd/checks.sh
source /tried/checks.sh
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# quiet COMMAND...: what it says is shown if it fails.
quiet() { local said; said="$("$@" 2>&1 </dev/null)" || { printf '%s\n' "$said"; return 1; }; }
install() { quiet apt-get install -q -y --no-install-recommends "$@"; }
snapshot() { find /etc /run /var /usr -xdev \( -path /run/systemd -o -path /run/log -o -path /var/log -o -path /var/cache \
    -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd -o -path /run/udev -o -path /run/lock \) -prune \
    -o -type f -print -o -type l -print -o -type d -print | sort; }
# Users stay, and what passwd keeps of the files before.
isAsBefore() { diff <(grep -v -- '-$' /tried/before) <(snapshot | grep -v -- '-$'); }
anyOurs() { find / -xdev -path /tried -prune -o -path /proc -prune -o -path /sys -prune -o -path /var/log -prune -o \
    \( -iname '*eventd*' -o -iname '*evctl*' \) -print; }
isGone() { [[ -z "$(anyOurs)" ]] || { anyOurs; return 1; }; }
noProcesses() { ! pgrep -l '^eventd'; }
isInactive() { ! systemctl is-active -q eventd.service; }

# Emits an event and sends a line, one after the other, and writes down which were acknowledged.
load() {
    local n=0
    while [[ ! -e /tried/enough ]]; do
        n=$((n + 1))
        evctl emit load.event "{\"n\": $n}" 2>/dev/null && echo "$n" >>/tried/events
        evctl log load.line "line $n" 2>/dev/null && echo "$n" >>/tried/lines
    done
}
stored() { ask "$1" | sed -n 's/.*[": ]\([0-9]\+\)"\?}$/\1/p' | sort; }
# isStored ACKNOWLEDGED_FILE QUESTION: each once, and none is missing.
isStored() {
    local missing twice
    stored "$2" >/tried/stored
    missing="$(comm -23 <(sort "$1") /tried/stored | wc -l)"
    twice="$(uniq -d /tried/stored | wc -l)"
    echo "    $(wc -l <"$1") acknowledged, $(wc -l </tried/stored) stored, $missing missing, $twice twice"
    ((missing == 0 && twice == 0)) && [[ -s "$1" ]]
}
runsNew() { local pid; for pid in $(children "$1"); do
    [[ "$(readlink "/proc/$pid/exe")" != *deleted* ]] || return 1; done; }
linesAreStored() { local i; for i in {1..30}; do isStored /tried/lines 'LOGS FROM load.line SELECT message' >/dev/null && break
    sleep 0.1; done; isStored /tried/lines 'LOGS FROM load.line SELECT message'; }

snapshot >/tried/before
check "the packages are installed" install /tried/first/*.deb
check "the service is there at once" isActive
[[ "$verdict" == good ]] || finish
check "it is enabled" quiet systemctl is-enabled eventd.service eventd-query.socket eventd-log.socket eventd-metric.socket
check "an event is taken" evctl emit first.event '{"life": 1}'
check "and found, without an option" answers 'EVENTS first.event' '"life":1'
check "a line is taken" evctl log first.line hello
check "and found" answers 'LOGS FROM first.line' hello
check "the manuals are there" test -s /usr/share/man/man8/eventd.8.gz -a -s /usr/share/man/man5/eventd.reg.5.gz \
    -a -s /usr/share/man/man1/evctl.1.gz -a -s /usr/share/man/man7/eventd-query.7.gz
check "bash is taught" quiet bash -c 'source /usr/share/bash-completion/completions/evctl && complete -p evctl'
printf '{"keys": [{"path": "Machine\\\\System\\\\eventd", "values": [{"name": "EventRetentionDays", "type": "dword", "data": 7}]}]}\n' \
    >/etc/eventd/registry.d/50-own.reg

main="$(property MainPID)"
programs="$(children "$main" | sort)"
load &
loader=$!
sleep 1
check "the same programs are installed while records come in" install /tried/second/*.deb
check "the supervisor is who it was" is "$(property MainPID)" "$main"
check "nobody else is" is "$(comm -12 <(echo "$programs") <(children "$main" | sort))" ""
check "everybody runs what is installed" runsNew "$main"
check "another supervisor is installed while records come in" install /tried/third/*.deb
check "it is another one" test "$(property MainPID)" != "$main"
check "it answers" answers 'EVENTS first.event' '"life":1'
main="$(property MainPID)"
check "everybody runs what is installed now" runsNew "$main"
sleep 0.5
touch /tried/enough
wait "$loader"
check "no event is lost or doubled" isStored /tried/events 'EVENTS load.event SELECT n'
check "no line is lost or doubled" linesAreStored
check "no number is missing" is "$(ask 'EVENTS synthetic.gap COUNT' | tr -dc 0-9)" 0
check "settings of one's own stay" is "$(evctl config get EventRetentionDays)" 7

check "a unit that changed is installed" install /tried/fourth/*.deb
check "it runs" isActive
check "and knows the socket" evctl log first.line 'hello again'
check "a stop" quiet systemctl stop eventd.service
check "installed while it is stopped" quiet dpkg -i /tried/second/eventd_*.deb
check "it stays stopped" isInactive

check "started once more" quiet systemctl start eventd.service
check "removed" quiet apt-get remove -q -y eventd evctl eventd-sqlite eventd-dev
check "it does not run" isInactive
check "no process is left" noProcesses
check "no socket is left" test ! -e /run/eventd
check "the stores are left" test -e /var/lib/eventd/events/shard-0000.db
check "the settings are left" test -e /etc/eventd/registry.d/10-paths.reg
check "installed again" install /tried/first/*.deb
check "it runs at once" isActive
check "what it had is there" answers 'EVENTS first.event' '"life":1'

check "purged" quiet apt-get purge -q -y eventd evctl eventd-sqlite eventd-dev
check "no process is left" noProcesses
check "nothing of that name is left" isGone
check "everything else is as before" isAsBefore
check "the users are left" quiet getent passwd eventd
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
check "installed where nothing may start" install /tried/first/*.deb
check "nothing has" isInactive
finish
