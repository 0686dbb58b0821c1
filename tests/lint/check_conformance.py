#!/usr/bin/env python3
"""Keeps docs/conformance.md and the pages of docs/conformance/ complete and true.

Rows are: clause | what it demands | files | proof | status. The n-th normative word (MUST, SHOULD,
their negations) of section 2.3 is §2.3/n; a row names what it covers: `§2.3/4,6-7`. Checked is that
  - each normative word of psd008_statements.txt and each ruling of its last line has a row;
  - a proof is the exact name of a test in quotation marks (beginning with `case: ` where it is one
    of tests/query), or a file; each named file exists;
  - what is built has a file and a proof, and what is partly or later says what is missing;
  - the counts at the head of docs/conformance.md are those of the rows.
A statement is as far as the least of its rows.
"""

import os
import re

import source_tree
from source_tree import Findings

OVERVIEW = "docs/conformance.md"
FOLDER = "docs/conformance/"
LIST = "tests/lint/psd008_statements.txt"
STATUSES = ("built", "partly", "later")
TEST_NAME = re.compile(r'\bTEST_CASE(?:_FIXTURE)?\(\s*(?:[\w:]+,\s*)?((?:"(?:[^"\\]|\\.)*"\s*)+)')
CLAUSE_ROW = re.compile(r"^\| (?:§|PSD-|Ruling )")
CLAUSE = re.compile(r"§(\d+\.\d+)(?:/(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*))?")
RULING = re.compile(r"Ruling ([A-Z]\d+)")
PROOF = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
SOURCE_FILE = re.compile(r"`([\w./-]+)`")
COUNT_ROW = re.compile(r"^\| (\d+ [A-Z][^|]*?|Rulings|All) \|(.*)\|$", re.MULTILINE)


def test_names_of(root):
    """The names of test cases, and of the cases of the language with `case: ` in front."""
    names = set()
    for path in source_tree.all_files(root):
        if path.startswith("tests/query/") and path.endswith(".case"):
            names.update(line.strip() for line in source_tree.read(root, path).splitlines()
                         if line.startswith("case: "))
    for path in source_tree.code_files(root):
        if path.startswith("tests/"):
            for match in TEST_NAME.finditer(source_tree.read(root, path)):
                names.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', match.group(1))))
    return names


class Statements:
    """What the specification demands: section -> the kinds of its normative words, and rulings."""

    def __init__(self, text):
        self.kinds, self.rulings = {}, []
        for line in text.splitlines():
            if line.startswith("rulings: "):
                self.rulings = line.split()[1:]
            elif line and not line.startswith("#"):
                section, words = line.split(" ", 1)[0], line.rpartition(": ")[2].split()
                self.kinds.setdefault(section, []).extend(words)


class Row:
    def __init__(self, page, line, text):
        self.page, self.line = page, line
        self.cells = [cell.strip() for cell in text.strip().strip("|").split(" | ")]
        self.is_sound = len(self.cells) == 5 and self.cells[4] in STATUSES
        self.clauses = CLAUSE.findall(self.cells[0])
        self.rulings = RULING.findall(self.cells[0])

    def covered(self):
        """The statements that it names, as (section, number)."""
        for section, numbers in self.clauses:
            for part in filter(None, numbers.split(",")):
                first, _, last = part.partition("-")
                yield from ((section, number) for number in range(int(first), int(last or first) + 1))


def rows_of(root):
    pages = [OVERVIEW] + [path for path in source_tree.all_files(root) if path.startswith(FOLDER)]
    for page in pages:
        for number, text in enumerate(source_tree.read(root, page).splitlines(), 1):
            if CLAUSE_ROW.match(text):
                yield Row(page, number, text)


def check_row(findings, root, row, tests):
    _, demand, files, proof, status = row.cells
    if status == "built" and (files == "-" or proof == "-"):
        findings.add(row.page, row.line, "what is built has a file and a proof")
    if status != "built" and "Missing: " not in demand:
        findings.add(row.page, row.line, f"what is {status} says what is missing: 'Missing: ...'")
    for path in SOURCE_FILE.findall(files):
        if not os.path.exists(os.path.join(root, path)):
            findings.add(row.page, row.line, f"there is no {path}")
    if proof != "-" and "; ".join(PROOF.findall(proof)) != proof:
        findings.add(row.page, row.line, "proofs are tests in quotation marks or files, with '; ' between")
    for part in PROOF.findall(proof):
        if part.startswith('"') and part[1:-1] not in tests:
            findings.add(row.page, row.line, f"there is no test {part}")
        if part.startswith("`") and not os.path.exists(os.path.join(root, part.strip("`"))):
            findings.add(row.page, row.line, f"there is no {part}")


def states_of(findings, rows, statements):
    """(section, number) and ruling -> the least of the states of its rows."""
    states = {}
    for row in rows:
        for key in list(row.covered()) + row.rulings:
            known = key in statements.rulings if isinstance(key, str) else \
                0 < key[1] <= len(statements.kinds.get(key[0], []))
            if not known:
                name = f"ruling {key}" if isinstance(key, str) else f"statement §{key[0]}/{key[1]}"
                findings.add(row.page, row.line, f"{LIST} has no {name}")
            states[key] = max(states.get(key, "built"), row.cells[4], key=STATUSES.index)
    for section, kinds in statements.kinds.items():
        for number in range(1, len(kinds) + 1):
            if (section, number) not in states:
                findings.add(OVERVIEW, 1, f"no row covers §{section}/{number} ({kinds[number - 1]})")
    for ruling in statements.rulings:
        if ruling not in states:
            findings.add(OVERVIEW, 1, f"no row covers ruling {ruling}")
    return states


def counts_of(states, statements):
    """First word of a row of the table of counts -> statements, MUST, SHOULD, built, partly, later."""
    counts = {}
    for section, kinds in statements.kinds.items():
        for number, kind in enumerate(kinds, 1):
            is_must = kind in ("MUST", "MUST-NOT")
            for name in (section.split(".")[0], "All"):
                _add(counts.setdefault(name, [0] * 6), is_must, states.get((section, number)))
    for ruling in statements.rulings:
        _add(counts.setdefault("Rulings", [0] * 6), None, states.get(ruling))
    return counts


def _add(count, is_must, state):
    count[0] += 1
    if is_must is not None:
        count[1 if is_must else 2] += 1
    if state is not None:
        count[3 + STATUSES.index(state)] += 1


def check_counts(findings, root, counts):
    text = source_tree.read(root, OVERVIEW)
    rows = {match.group(1).split(" ")[0]: match for match in COUNT_ROW.finditer(text)}
    for name, count in counts.items():
        right = " ".join(str(number) for number in count)
        if name not in rows:
            findings.add(OVERVIEW, 1, f"the table of counts has no row {name}: {right}")
            continue
        said = " ".join(rows[name].group(2).replace("|", " ").replace("-", "0").split())
        if said != right:
            findings.add(OVERVIEW, source_tree.line_of(text, rows[name].start()),
                         f"the counts of {name} are {right}")


def check(root):
    findings = Findings()
    if not os.path.exists(os.path.join(root, OVERVIEW)):
        return findings.finish("conformance", "no pages")
    statements = Statements(source_tree.read(root, LIST))
    tests, rows = test_names_of(root), []
    for row in rows_of(root):
        if row.is_sound:
            check_row(findings, root, row, tests)
            rows.append(row)
        else:
            findings.add(row.page, row.line,
                         f"a row has five cells and ends in one of {', '.join(STATUSES)}")
    states = states_of(findings, rows, statements)
    check_counts(findings, root, counts_of(states, statements))
    return findings.finish("conformance", f"{len(rows)} rows, {len(states)} statements and rulings")


if __name__ == "__main__":
    source_tree.run(check, __doc__)
