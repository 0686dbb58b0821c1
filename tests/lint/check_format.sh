#!/usr/bin/env bash
# Every source is laid out as clang-format lays it out. Says so and counts as skipped where
# clang-format is not installed: ./dev test, lint and format install it.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}"

skipped=77
if ! command -v clang-format >/dev/null; then
    echo "format: clang-format is not installed, not checked"
    exit "$skipped"
fi

mapfile -t files < <(find capnp collector common docs queryd sandbox store tests \
    \( -name '*.h' -o -name '*.cpp' \) -print 2>/dev/null | sort)
# Many files to each run of it, which is a twentieth of the time that one file each takes.
status=0
printf '%s\0' "${files[@]}" |
    xargs -0 -P "$(nproc)" -n 100 clang-format --dry-run --Werror 2>&1 |
    sed -n 's/^\([^:]*:[0-9]*\):.*error:.*/\1: not laid out by clang-format; run .\/dev format/p' || status=1
echo "format: ${#files[@]} files looked at"
exit "$status"
