#!/usr/bin/env python3
"""Keeps every way in fuzzed: the table "Doors and their fuzzers" of docs/testing.md is whole and true.

  - each row names the headers that read what comes in, and at least one fuzzer;
  - each fuzzer of tests/fuzz is in a row, and has a corpus that is checked in, of small files;
  - each fuzzer has a dictionary but those of CHOICES, and each dictionary belongs to a fuzzer, those of
    its line "# also for:" too; each name in a row belongs to a file;
  - each header that declares a parser (a function parse..., decode... or compile... of text or
    bytes) is in a row;
  - each interface of capnp/ is in a row.
"""

import os
import re

import source_tree
from source_tree import CodeText, Findings

PAGE = "docs/testing.md"
HEADING = "## Doors and their fuzzers"
FOLDER = "tests/fuzz/"
SUFFIX = "_fuzz.cpp"
PRODUCT = ("capnp/", "collector/", "common/", "queryd/", "sandbox/", "store/")
CODE = re.compile(r"`([^`]+)`")
PARSER = re.compile(r"\b((?:parse|decode|compile)[A-Z]\w*)\(\s*(?:const\s+)?"
                    r"(?:std::string_view\b|std::span<(?:const )?uint8_t>|Bytes\b)")
ALSO_FOR = re.compile(r"^# also for: (.*)$", re.MULTILINE)
INTERFACE = re.compile(r"^interface (\w+)", re.MULTILINE)
# Their bytes are choices, in which no words are.
CHOICES = ("query_differential", "ring_model")
# Files above it make the replay of every build slow; a long input is a short one's idea anyway.
CORPUS_FILE_BYTES_MAX = 8192
CORPUS_FILES_MAX = 60


def rows_of(text):
    """Line number and cells of each row of the table."""
    rows = []
    begin = text.find(HEADING)
    if begin < 0:
        return rows
    first_line = source_tree.line_of(text, begin)
    section = text[begin:].split("\n## ", 1)[0]
    for number, line in enumerate(section.splitlines()):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and not set(cells[0]) <= set("-: ") and \
                cells[0] != "what comes in":
            rows.append((first_line + number, cells))
    return rows


def fuzzers_of(files):
    return {path[len(FOLDER):-len(SUFFIX)] for path in files
            if path.startswith(FOLDER) and path.endswith(SUFFIX)}


def check_rows(findings, files, fuzzers, rows):
    readers, used, words = set(), set(), set()
    for line, (what, read_by, fuzzed_by) in rows:
        words.update(CODE.findall(what))
        named = CODE.findall(read_by)
        readers.update(named)
        for path in named:
            if path not in files:
                findings.add(PAGE, line, f"there is no {path}")
        names = CODE.findall(fuzzed_by)
        if not names:
            findings.add(PAGE, line, f"nothing fuzzes this: {what}")
        for name in names:
            used.add(name)
            if name not in fuzzers:
                findings.add(PAGE, line, f"there is no fuzzer {name}")
    return readers, used, words


def check_corpora(findings, root, files, fuzzers):
    for name in sorted(fuzzers):
        corpus = f"{FOLDER}corpus/{name}/"
        inputs = [path for path in files if path.startswith(corpus)]
        if not inputs:
            findings.add(FOLDER + name + SUFFIX, 1, f"it has no corpus, put inputs into {corpus}")
        if len(inputs) > CORPUS_FILES_MAX:
            findings.add(corpus, 1, f"{len(inputs)} inputs, merge them into {CORPUS_FILES_MAX}")
        for path in inputs:
            size = os.path.getsize(os.path.join(root, path))
            if size > CORPUS_FILE_BYTES_MAX:
                findings.add(path, 1, f"{size} bytes, find one of {CORPUS_FILE_BYTES_MAX}")


def check_dictionaries(findings, root, files, fuzzers):
    served = set()
    for path in sorted(files):
        if path.startswith(FOLDER) and path.endswith(".dict"):
            also = ALSO_FOR.search(source_tree.read(root, path))
            names = [path[len(FOLDER):-len(".dict")]] + (also.group(1).split() if also else [])
            served.update(names)
            for name in names:
                if name not in fuzzers:
                    findings.add(path, 1, f"a dictionary for {name}, which is no fuzzer")
    for name in sorted(fuzzers - served - set(CHOICES)):
        findings.add(FOLDER + name + SUFFIX, 1, f"it has no dictionary: write {FOLDER}{name}.dict, or "
                                                "name it in the line '# also for:' of one that fits")


def check(root):
    findings = Findings()
    files = set(source_tree.all_files(root))
    fuzzers = fuzzers_of(files)
    rows = rows_of(source_tree.read(root, PAGE)) if PAGE in files else []
    readers, used, words = check_rows(findings, files, fuzzers, rows)
    for name in sorted(fuzzers - used):
        findings.add(FOLDER + name + SUFFIX, 1, f"it is in no row of {PAGE}")
    check_corpora(findings, root, files, fuzzers)
    check_dictionaries(findings, root, files, fuzzers)
    for path in sorted(files):
        if path.startswith(PRODUCT) and path.endswith(".h") and path not in readers:
            for match in PARSER.finditer(CodeText(source_tree.read(root, path)).code):
                findings.add(path, 1, f"{match.group(1)} reads what others wrote and is in no row "
                                      f"of {PAGE}, name it there with its fuzzer")
        if path.startswith("capnp/") and path.endswith(".capnp"):
            for match in INTERFACE.finditer(source_tree.read(root, path)):
                if match.group(1) not in words:
                    findings.add(path, 1, f"interface {match.group(1)} is in no row of {PAGE}")
    return findings.finish("fuzzers", f"{len(fuzzers)} fuzzers")


if __name__ == "__main__":
    source_tree.run(check, __doc__.splitlines()[0])
