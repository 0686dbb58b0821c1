#!/usr/bin/env python3
"""Looks for what banned.txt forbids, and for a default: in a switch over an enum of ours."""

import fnmatch
import os
import re

import source_tree
from source_tree import CodeText, Findings

# The list itself and the bad samples of the linters' own test.
NOT_LOOKED_AT = ("tests/lint/banned.txt", "tests/lint/linters_test.py")
SCOPES = ("code", "text", "path")
OUR_CASE = re.compile(r"\bcase\s+(?:[\w:]+::)?([A-Z]\w*)::[A-Z]\w*\s*:")
SWITCH = re.compile(r"\bswitch\s*\(")


class Rule:
    def __init__(self, line, number):
        parts = [part.strip() for part in line.split(" :: ")]
        if len(parts) != 4 or parts[1] not in SCOPES:
            raise ValueError(f"banned.txt:{number}: needs PATTERN :: SCOPE :: EXCEPT :: INSTEAD")
        flags = re.MULTILINE | (re.IGNORECASE if parts[1] == "text" else 0)
        self.pattern = re.compile(parts[0], flags)
        self.scope = parts[1]
        self.exceptions = [] if parts[2] == "-" else parts[2].split()
        self.instead = parts[3]

    def allows(self, path):
        return any(path == place or path.startswith(place + "/") or fnmatch.fnmatch(path, place)
                   for place in self.exceptions)


def read_rules():
    text = source_tree.read(os.path.dirname(os.path.abspath(__file__)), "banned.txt")
    return [Rule(line, number) for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.startswith("#")]


def _apply(findings, rules, path, text):
    for rule in rules:
        if rule.allows(path):
            continue
        for match in rule.pattern.finditer(text):
            findings.add(path, source_tree.line_of(text, match.start()),
                         f"'{match.group(0).strip()}' is banned; instead: {rule.instead}")


def check_switches(findings, path, code):
    """A default: beside cases of an enum class of ours hides the enumerator that is added next year."""
    for match in SWITCH.finditer(code):
        opening = code.find("{", match.end())
        if opening < 0:
            continue
        body = _own_level(code, opening)
        ours = OUR_CASE.search(body)
        default = re.search(r"\bdefault\s*:", body)
        if ours and default:
            findings.add(path, source_tree.line_of(code, opening + default.start()),
                         f"no default: in a switch over {ours.group(1)}; name every case")


def _own_level(code, opening):
    """The text of a switch body with nested switches blanked out, so that each is judged alone."""
    depth, at = 0, opening
    while at < len(code):
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        at += 1
        if depth == 0:
            break
    body = code[opening:at]
    nested = SWITCH.search(body)
    while nested:
        inner = body.find("{", nested.end())
        if inner < 0:
            break
        depth, stop = 0, inner
        while stop < len(body):
            depth += {"{": 1, "}": -1}.get(body[stop], 0)
            stop += 1
            if depth == 0:
                break
        blank = re.sub(r"[^\n]", " ", body[nested.start():stop])
        body = body[:nested.start()] + blank + body[stop:]
        nested = SWITCH.search(body)
    return body


def check(root):
    rules, findings = read_rules(), Findings()
    by_scope = {scope: [rule for rule in rules if rule.scope == scope] for scope in SCOPES}
    files = [path for path in source_tree.text_files(root) if path not in NOT_LOOKED_AT]
    for path in files:
        text = source_tree.read(root, path)
        _apply(findings, by_scope["text"], path, text)
        if path.endswith(source_tree.CODE_SUFFIXES):
            code = CodeText(text).code
            _apply(findings, by_scope["code"], path, code)
            check_switches(findings, path, code)
        for rule in by_scope["path"]:
            if rule.pattern.search(path) and not rule.allows(path):
                findings.add(path, 1, f"the file's name says nothing; instead: {rule.instead}")
    return findings.finish("banned", f"{len(files)} files")


if __name__ == "__main__":
    source_tree.run(check, __doc__)
