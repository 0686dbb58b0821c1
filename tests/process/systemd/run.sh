#!/usr/bin/env bash
# Boots a real systemd and tries the units in it: run.sh BUILD_FOLDER. 0 good, 77 where it cannot be
# tried (no root, no systemd, no namespaces), 1 otherwise. The root is the host's (booted.sh), with
# what `cmake --install` puts into it.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
build="$1"
test_seconds_max=90
# shellcheck source=tests/process/systemd/booted.sh
source "$here/booted.sh"

needNamespaces systemd
[[ -x /lib/systemd/systemd ]] || skip systemd "none is installed"
makeFolder
cp "$here/inside.sh" "$here/checks.sh" "$folder/out/"
DESTDIR="$folder/installed" cmake --install "$build" >/dev/null || exit 1
live systemd / "$test_seconds_max"
