#!/usr/bin/env python3
"""Tells which lines the tests run, by folder, and holds docs/coverage.md to it.

Reads build-coverage/summary.json, which `./dev coverage` has gcovr write; without it there is nothing
to check. Of each safety-relevant file all lines are run, or a row of the page
    | `FILE` | SHARE % | what is not run, and why |
promises how many are, and the file keeps that. A row is for a safety-relevant file that the
measurement knows, and promises no less than it could but for SLACK points: runs differ a little.
"""

import json
import os
import re
from collections import defaultdict

import source_tree
from source_tree import Findings

PAGE = "docs/coverage.md"
SUMMARY = "build-coverage/summary.json"
ROW = re.compile(r"^\| `([\w/.]+)` \| (\d+) % \| (.+) \|$", re.MULTILINE)
SLACK = 3

# Everything between foreign bytes and trust: who reads them, who decides what is to be believed of
# them and who may what, and what keeps a process in its jail.
SAFETY_RELEVANT = (
    "collector/ingest/",
    "collector/kmesd/",
    "collector/ring/",
    "common/access/",
    "common/config/",
    "common/ipc/",
    "common/kmes/",
    "common/wire/",
    "queryd/access/",
    "queryd/lang/",
    "queryd/transport/",
    "sandbox/",
    "store/batch_lane",
    "store/control_service",
    "store/cpu_lane",
    "store/event_inserter",
    "store/event_run",
    "store/index_field",
    "store/ingest_service",
    "store/meta_store",
    "store/receipts",
    "store/record_check",
    "store/record_database",
    "store/record_ingest_service",
    "store/record_store",
    "store/record_writer",
    "store/sequence_allocator",
    "store/shard_database",
    "store/shard_files",
    "store/shard_writer",
)


class Measured:
    def __init__(self, entry):
        self.path = entry["filename"]
        self.total, self.run = entry["line_total"], entry["line_covered"]

    def is_safety_relevant(self):
        return self.path.startswith(SAFETY_RELEVANT) and not self.path.endswith("/main.cpp")

    def percent(self):
        return 100 * self.run // self.total if self.total else 100


def measured_files(root):
    with open(os.path.join(root, SUMMARY), encoding="utf-8") as file:
        return [Measured(entry) for entry in json.load(file)["files"]]


def print_row(name, total, run):
    share = 100.0 * run / total if total else 100.0
    print(f"{name:<52} {total:>7} {total - run:>7} {share:>7.1f}%")


def print_tables(files):
    by_folder = defaultdict(lambda: [0, 0])
    for file in files:
        for folder in (os.path.dirname(file.path), "everything"):
            by_folder[folder][0] += file.total
            by_folder[folder][1] += file.run
    print(f"{'folder':<52} {'lines':>7} {'not run':>7} {'run':>8}")
    for folder in sorted(by_folder, key=lambda name: (name == "everything", name)):
        print_row(folder, *by_folder[folder])
    relevant = [file for file in files if file.is_safety_relevant()]
    print("\nsafety-relevant files with lines that no test runs")
    for file in sorted(relevant, key=lambda each: each.path):
        if file.run < file.total:
            print_row(file.path, file.total, file.run)
    print_row("all that are safety-relevant", sum(file.total for file in relevant),
              sum(file.run for file in relevant))


def check_file(findings, file, promised):
    line, share = promised.get(file.path, (1, 100))
    if file.run < file.total and file.percent() < share:
        findings.add(PAGE, line, f"{file.path}: {file.percent()} % of its lines are run, "
                                 f"promised are {share} %; add a test, or say here why not")
    elif file.path in promised and file.percent() > share + SLACK:
        findings.add(PAGE, line, f"{file.path}: {file.percent()} % of its lines are run; promise it")


def check(root):
    findings = Findings()
    if not os.path.exists(os.path.join(root, SUMMARY)):
        return findings.finish("coverage", "nothing: ./dev coverage measures it")
    text = source_tree.read(root, PAGE)
    promised = {match.group(1): (source_tree.line_of(text, match.start()), int(match.group(2)))
                for match in ROW.finditer(text)}
    relevant = {file.path: file for file in measured_files(root) if file.is_safety_relevant()}
    for path in sorted(relevant):
        check_file(findings, relevant[path], promised)
    for path, (line, _) in promised.items():
        if path not in relevant:
            findings.add(PAGE, line, f"{path} was not measured, or is not safety-relevant")
    return findings.finish("coverage", f"{len(relevant)} safety-relevant files")


if __name__ == "__main__":
    if os.path.exists(os.path.join(source_tree.repository_root(), SUMMARY)):
        print_tables(measured_files(source_tree.repository_root()))
    source_tree.run(check, __doc__)
