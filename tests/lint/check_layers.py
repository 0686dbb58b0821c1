#!/usr/bin/env python3
"""Checks includes, link dependencies and guarded calls against layers.txt."""

import fnmatch
import os
import re

import source_tree
from source_tree import CodeText, Findings

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
TOP_FOLDERS = ("capnp", "common", "sandbox", "collector", "store", "queryd", "tests")
BOX = re.compile(r"evd_box\s*\(\s*DEPS([^)]*)\)")


class Table:
    """The rules of layers.txt."""

    def __init__(self, text):
        self.layers, self.headers, self.never, self.calls = {}, {}, {}, {}
        kinds = {"layer": self.layers, "header": self.headers, "never": self.never,
                 "call": self.calls}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            match = re.fullmatch(r"(\w+) (\S+):(.*)", line)
            if match is None or match.group(1) not in kinds:
                raise ValueError(f"layers.txt:{number}: not a rule: {line}")
            kinds[match.group(1)][match.group(2)] = match.group(3).split()

    def layer_of(self, path):
        fitting = [folder for folder in self.layers if _is_below(path, folder)]
        return max(fitting, key=len) if fitting else None

    def header_rule(self, name):
        for header, places in self.headers.items():
            if name == header or (header.endswith("/") and name.startswith(header)):
                return header, places
        return None


def _is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


def _fits(path, place):
    """Whether the path is the place (a folder, a file or a pattern) or lies below it."""
    return _is_below(path, place) or fnmatch.fnmatch(path, place)


def _is_ours(target):
    return target.split("/")[0] in TOP_FOLDERS


def includes_of(text):
    """(line, quote, target) of each include; commented-out ones do not count."""
    without_comments = CodeText(text).without_comments
    return [(source_tree.line_of(text, match.start()), match.group(1), match.group(2))
            for match in INCLUDE.finditer(without_comments)]


def _check_ours(findings, table, path, line, target):
    layer = table.layer_of(path)
    if layer is None:
        findings.add(path, line, "this folder has no layer in tests/lint/layers.txt")
        return
    # Generated schema headers are included in angle brackets and are checked there.
    if table.layer_of(target) == layer or any(_fits(target, place) for place in table.layers[layer]):
        return
    findings.add(path, line, f"{layer} must not include {target}")


def _check_foreign(findings, table, path, line, target):
    rule = table.header_rule(target)
    if rule is not None and not any(_fits(path, place) for place in rule[1]):
        findings.add(path, line, f"<{target}> is included only in {', '.join(rule[1])}")


def _check_own_header_first(findings, root, path, includes):
    own = path[:-len(".cpp")] + ".h"
    if path.endswith("_test.cpp"):
        return
    if path.endswith(".cpp") and os.path.exists(os.path.join(root, own)):
        if not includes or includes[0][2] != own:
            findings.add(path, includes[0][0] if includes else 1,
                         f'a .cpp includes its own header first: "{own}"')


def check_includes(findings, table, root, path, text):
    includes = includes_of(text)
    for line, quote, target in includes:
        if quote == '"':
            if not _is_ours(target):
                findings.add(path, line, f'"{target}" is not ours or not a full path; use <> for the rest')
            elif not os.path.exists(os.path.join(root, target)):
                findings.add(path, line, f'"{target}" does not exist')
            else:
                _check_ours(findings, table, path, line, target)
        elif _is_ours(target) and os.path.exists(os.path.join(root, target)):
            findings.add(path, line, f'<{target}> is ours; include it in quotes')
        else:
            _check_foreign(findings, table, path, line, target)
    _check_own_header_first(findings, root, path, includes)
    if path.endswith(".h") and "#pragma once" not in text:
        findings.add(path, 1, "a header begins with #pragma once")
    return [target for _, quote, target in includes if quote == '"']


def check_never(findings, table, graph):
    """Follows includes through headers, for the folders that must not reach something at all."""
    for folder, forbidden in table.never.items():
        for path in sorted(path for path in graph if _is_below(path, folder)):
            trail = _path_to(graph, path, forbidden)
            if trail is not None:
                findings.add(path, 1, f"{folder} must not reach {trail[-1]}, not even through "
                             + " -> ".join(trail[:-1]))


def _path_to(graph, start, forbidden):
    waiting, seen = [[start]], {start}
    while waiting:
        trail = waiting.pop(0)
        for target in graph.get(trail[-1], []):
            if any(_fits(target, place) for place in forbidden):
                return trail + [target]
            if target not in seen:
                seen.add(target)
                waiting.append(trail + [target])
    return None


def check_cycles(findings, graph):
    done, active = set(), []

    def visit(path):
        if path in active:
            cycle = active[active.index(path):] + [path]
            findings.add(path, 1, "headers include one another: " + " -> ".join(cycle))
            return
        if path in done:
            return
        active.append(path)
        for target in graph.get(path, []):
            visit(target)
        active.pop()
        done.add(path)

    for path in sorted(graph):
        visit(path)


def check_calls(findings, table, path, text):
    code = CodeText(text).code
    for name, places in table.calls.items():
        if any(_fits(path, place) for place in places):
            continue
        for match in re.finditer(rf"\b{name}\b", code):
            findings.add(path, source_tree.line_of(code, match.start()),
                         f"{name} is for {', '.join(places)} only")


def check_links(findings, table, root):
    """Libraries that a box links must lie in folders that it may include."""
    boxes = {"evd_" + folder.replace("/", "_"): folder for folder in _folders_with_cmake(root)}
    for box_folder in boxes.values():
        path = os.path.join(box_folder, "CMakeLists.txt")
        text = source_tree.read(root, path)
        layer = table.layer_of(box_folder)
        for match in BOX.finditer(text):
            for library in match.group(1).split():
                folder = boxes.get(library)
                if folder is None or layer is None or table.layer_of(folder) == layer:
                    continue
                allowed = table.layers[layer]
                if not any(_fits(folder, place) or _is_below(place, folder) for place in allowed):
                    findings.add(path, source_tree.line_of(text, match.start()),
                                 f"{layer} must not link {library}")


def _folders_with_cmake(root):
    return [os.path.dirname(path) for path in source_tree.all_files(root)
            if os.path.basename(path) == "CMakeLists.txt"
            and path.split("/")[0] in TOP_FOLDERS and not path.startswith("tests")]


def check(root):
    table = Table(source_tree.read(os.path.dirname(os.path.abspath(__file__)), "layers.txt"))
    findings, graph = Findings(), {}
    files = [path for path in source_tree.code_files(root) if path.split("/")[0] in TOP_FOLDERS]
    for path in files:
        text = source_tree.read(root, path)
        graph[path] = check_includes(findings, table, root, path, text)
        check_calls(findings, table, path, text)
    check_never(findings, table, graph)
    check_cycles(findings, graph)
    check_links(findings, table, root)
    return findings.finish("layers", f"{len(files)} files")


if __name__ == "__main__":
    source_tree.run(check, __doc__)
