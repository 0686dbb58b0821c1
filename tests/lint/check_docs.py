#!/usr/bin/env python3
"""Keeps the pages true: what they link, name and promise must be there.

Looks at README.md, CHANGELOG.md and docs/:
  - relative links lead to a file, and to a heading of it where they name one;
  - files and folders of the tree named in `code` exist;
  - `./dev VERB` is a verb, `build/bin/NAME` a program, and a --flag is known to the sources;
  - every page of docs/ is listed in docs/README.md;
  - docs/configuration.md names exactly the settings of common/config/setting_specs.cpp.
What docs/conformance.md says is checked by check_conformance.py.
"""

import glob
import os
import re

import source_tree
from source_tree import CodeText, Findings

TOP = ("capnp", "collector", "common", "docs", "queryd", "sandbox", "store", "systemd", "tests", ".ci")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]+)")
OUR_PROGRAM = re.compile(r"^(?:\./dev|build/bin/|evctl\b|eventd\b)")
SPEC = re.compile(r'^ {4}\w+\("([A-Z][\w\\]*)",(.*?)\),$', re.MULTILINE | re.DOTALL)
SETTING_ROW = re.compile(r"^\| `([A-Z][a-z][\w\\]*)` \|([^|]*)\|([^|]*)\|([^|]*)\|", re.MULTILINE)


def pages_of(root):
    return [path for path in source_tree.all_files(root)
            if path.endswith(".md") and (path.startswith("docs/") or "/" not in path)]


def anchors_of(text):
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            for heading in headings}


def check_links(findings, root, page, text):
    for match in LINK.finditer(_blank_fences(text)):
        target = match.group(1)
        if re.match(r"[a-z]+:", target):
            continue
        line = source_tree.line_of(text, match.start())
        path, _, anchor = target.partition("#")
        file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(root, file)):
            findings.add(page, line, f"the link leads nowhere: {target}")
        elif anchor and file.endswith(".md") and \
                anchor not in anchors_of(source_tree.read(root, file)):
            findings.add(page, line, f"{file} has no heading for #{anchor}")


def _blank_fences(text):
    return FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def _expand_braces(name):
    match = re.search(r"\{([^{}]*)\}", name)
    if match is None:
        return [name]
    return [full for part in match.group(1).split(",")
            for full in _expand_braces(name[:match.start()] + part + name[match.end():])]


def check_named_files(findings, root, page, text):
    for match in CODE_SPAN.finditer(_blank_fences(text)):
        name = match.group(1)
        if " " in name or name.split("/")[0] not in TOP or "/" not in name or "<" in name:
            continue
        for full in _expand_braces(name):
            if not glob.glob(os.path.join(root, full)):
                findings.add(page, source_tree.line_of(text, match.start()),
                             f"`{full}` does not exist")


def commands_of(text):
    """(offset, command) of each line of a fence and each code span that starts a program of ours."""
    for fence in FENCE.finditer(text):
        for match in re.finditer(r"^.*$", fence.group(0), re.MULTILINE):
            yield fence.start() + match.start(), match.group(0).strip().removeprefix("$ ")
    for match in CODE_SPAN.finditer(_blank_fences(text)):
        yield match.start(), match.group(1)


def check_commands(findings, root, page, text, known):
    for offset, command in commands_of(text):
        if not OUR_PROGRAM.match(command):
            continue
        line = source_tree.line_of(text, offset)
        words = command.split()
        if words[0] == "./dev" and len(words) > 1 and words[1].isalpha() \
                and words[1].islower() and words[1] not in known.verbs:
            findings.add(page, line, f"./dev has no verb {words[1]}")
        if words[0].startswith("build/bin/") and words[0][len("build/bin/"):] not in known.programs:
            findings.add(page, line, f"no program is built as {words[0]}")
        for flag in FLAG.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", command)):
            if f"--{flag}" not in known.sources and f'"{flag}"' not in known.sources:
                findings.add(page, line, f"no source knows --{flag}")


class Known:
    """What commands may name: verbs of ./dev, programs, and the text in which flags are defined."""

    def __init__(self, root):
        files = source_tree.all_files(root)
        dev = source_tree.read(root, "dev") if "dev" in files else ""
        cases = dev[dev.rfind('case "$verb"'):]
        self.verbs = {word for label in re.findall(r"^ {4}([a-z| -]+)\)", cases, re.MULTILINE)
                      for word in re.findall(r"[a-z]+", label)}
        self.programs, parts = set(), [dev]
        for path in files:
            if path.startswith("tests/unit/"):
                box = os.path.dirname(path)[len("tests/unit/"):]
                self.programs.add("unit_" + box.replace("/", "_"))
            if path.endswith("CMakeLists.txt"):
                text = source_tree.read(root, path)
                self.programs.update(re.findall(r"(?:evd_program|add_executable)\(\s*([\w-]+)", text))
            elif path.endswith(".cpp") and not path.startswith("tests/unit") \
                    or path.startswith("tests/") and path.endswith((".py", ".sh")):
                parts.append(source_tree.read(root, path))
        self.sources = "\n".join(parts)


def check_index(findings, root, pages):
    index = "docs/README.md"
    if index not in pages:
        return
    text = source_tree.read(root, index)
    linked = {os.path.normpath(os.path.join("docs", target.partition("#")[0]))
              for target in LINK.findall(text)}
    for page in pages:
        folder = os.path.dirname(page)
        if page.startswith("docs/") and page != index and page not in linked \
                and not (folder != "docs" and folder in linked):
            findings.add(index, 1, f"does not list {page}")


def settings_of(text):
    """Name of each setting in the table of the source, with the texts that stand beside it."""
    code = re.sub(r'"\s*\n\s*"', "", CodeText(text).without_comments)  # literals over several lines
    return {name.replace("\\\\", "\\"): re.findall(r'"([^"]*)"', rest)
            for name, rest in SPEC.findall(code)}


def check_settings(findings, root):
    """Rows are: | `Name` | type | range | default | ..., the default `-` where there is none."""
    page, source = "docs/configuration.md", "common/config/setting_specs.cpp"
    if not all(os.path.exists(os.path.join(root, path)) for path in (page, source)):
        return
    text, built = source_tree.read(root, page), settings_of(source_tree.read(root, source))
    rows = {match.group(1): match for match in SETTING_ROW.finditer(text)}
    for name in sorted(set(built) - set(rows)):
        findings.add(page, 1, f"the setting {name} is not described")
    for name, row in sorted(rows.items()):
        line, default = source_tree.line_of(text, row.start()), row.group(4).strip().strip("`")
        if name not in built:
            findings.add(page, line, f"there is no setting {name}")
        elif default != "-" and default not in built[name]:
            findings.add(page, line, f"the default of {name} is not {default}")


def check(root):
    findings, pages, known = Findings(), pages_of(root), Known(root)
    for page in pages:
        text = source_tree.read(root, page)
        check_links(findings, root, page, text)
        check_named_files(findings, root, page, text)
        check_commands(findings, root, page, text, known)
    check_index(findings, root, pages)
    check_settings(findings, root)
    return findings.finish("docs", f"{len(pages)} pages")


if __name__ == "__main__":
    source_tree.run(check, __doc__)
