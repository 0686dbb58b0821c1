#!/usr/bin/env python3
"""Prints gcovr's JSON summary as a table: by folder, then the files that read what strangers wrote
or decide who may what, with how many of their lines no test runs.

usage: coverage_table.py SUMMARY.json
"""
import json
import sys
from collections import defaultdict

# Parsers of foreign bytes, judgement about access, and what keeps a process in its jail.
SAFETY_RELEVANT = (
    "collector/ingest/",
    "collector/ring/",
    "common/access/",
    "common/ipc/door_stream.cpp",
    "common/kmes/",
    "common/wire/",
    "queryd/access/",
    "queryd/lang/",
    "sandbox/landlock",
    "sandbox/privileges",
    "sandbox/seccomp",
    "store/receipts",
    "store/sequence",
)


def folder_of(path):
    return path.rsplit("/", 1)[0]


def print_row(name, covered, total):
    share = 100.0 * covered / total if total else 100.0
    print(f"{name:<52} {total:>7} {total - covered:>7} {share:>7.1f}%")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        files = json.load(file)["files"]
    by_folder = defaultdict(lambda: [0, 0])
    for entry in files:
        totals = by_folder[folder_of(entry["filename"])]
        totals[0] += entry["line_covered"]
        totals[1] += entry["line_total"]
    print(f"{'folder':<52} {'lines':>7} {'not run':>7} {'run':>8}")
    for folder in sorted(by_folder):
        print_row(folder, *by_folder[folder])
    print_row("everything", sum(t[0] for t in by_folder.values()), sum(t[1] for t in by_folder.values()))
    print("\nsafety-relevant files with lines that no test runs")
    for entry in sorted(files, key=lambda each: each["filename"]):
        name = entry["filename"]
        if name.startswith(SAFETY_RELEVANT) and entry["line_covered"] < entry["line_total"]:
            print_row(name, entry["line_covered"], entry["line_total"])


if __name__ == "__main__":
    main()
