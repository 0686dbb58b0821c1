#!/usr/bin/env bash
# Every linter once, all of them even if one finds something. What ./dev lint runs; ./dev test runs
# the same programs one by one through ctest.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$here/../.."

status=0
for linter in check_layers check_sizes check_banned check_docs check_fuzzers check_conformance; do
    PYTHONDONTWRITEBYTECODE=1 python3 "$here/$linter.py" "$root" || status=1
done
"$here/check_format.sh" "$root" || (($? == 77)) || status=1
exit "$status"
