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
status=0
for file in "${files[@]}"; do
    if ! clang-format --dry-run --Werror "$file" >/dev/null 2>&1; then
        echo "$file:1: not laid out by clang-format; run ./dev format"
        status=1
    fi
done
echo "format: ${#files[@]} files looked at"
exit "$status"
