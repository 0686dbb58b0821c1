#!/usr/bin/env python3
"""Files stay below 500 lines (or are listed with a reason), functions below 70, mains below 120.

With --report it prints the distribution instead.
"""

import os
import re
import sys

import source_tree
from source_tree import CodeText, Findings

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
MAIN_LINES_MAX = 120
README_LINES_MAX = 150
LONG_FILES = "tests/lint/long_files.txt"
CONTAINER = re.compile(r"(?:^|[\s;}>])(?:namespace|class|struct|union|enum|extern)\b[^()]*$", re.DOTALL)
ACCESS_LABEL = re.compile(r"\b(?:public|private|protected)\s*:(?!:)")


def matching_brace(code, opening):
    depth = 0
    for at in range(opening, len(code)):
        if code[at] == "{":
            depth += 1
        elif code[at] == "}":
            depth -= 1
            if depth == 0:
                return at
    return len(code) - 1


def without_preprocessor(code):
    """Blanks out directives, continued lines included; their braces would not balance."""
    lines, continued = code.split("\n"), False
    for index, line in enumerate(lines):
        if continued or line.lstrip().startswith("#"):
            continued = line.endswith("\\")
            lines[index] = " " * len(line)
    return "\n".join(lines)


def functions_of(text):
    """(name, first line, last line) of each function body at namespace or class level.

    Walks the braces: a brace after `namespace`, `class` and their kin is entered; a brace whose head
    has parentheses is a body and is passed over whole, lambdas inside included; anything else is data.
    A brace in a constructor's initialiser list is told by what follows it: a comma or another brace.
    """
    code = without_preprocessor(CodeText(text).code)
    found, at, head_start = [], 0, 0
    while at < len(code):
        letter = code[at]
        if letter in ";}":
            head_start = at + 1
        elif letter == "{":
            head = ACCESS_LABEL.split(code[head_start:at])[-1]
            if CONTAINER.search(_without_templates(head)):
                head_start = at + 1
            else:
                closing = matching_brace(code, at)
                if _is_function_head(head):
                    if code[closing + 1:].lstrip()[:1] in (",", "{"):
                        at = closing + 1
                        continue  # an initialiser; the head goes on behind it
                    first = head_start + len(code[head_start:at]) - len(head.lstrip()) \
                        if head.strip() else at
                    found.append((_name_of(head), source_tree.line_of(code, first),
                                  source_tree.line_of(code, closing)))
                at = closing
                head_start = closing + 1
        at += 1
    return found


def _without_templates(head):
    return re.sub(r"template\s*<[^{}]*?>\s*(?=class|struct|union)", " ", head)


def _is_function_head(head):
    plain = re.sub(r"operator\s*[^\s(]+\s*\(", "operator(", head)
    plain = re.sub(r"\([^()]*\)", "()", plain)
    while re.search(r"\([^()]+\)", plain):
        plain = re.sub(r"\([^()]+\)", "", plain)
    return "(" in head and not re.search(r"(?<![=!<>])=(?!=)", plain)


def _name_of(head):
    test = re.search(r"\b(TEST_CASE|SCENARIO)\b", head)
    if test:
        return "a test case"
    head = re.sub(r"\brequires\s*\((?:[^()]|\([^()]*\))*\)", " ", head)
    match = re.search(r"([~\w:]+|operator\s*\S+?)\s*\(", head)
    return match.group(1) if match else "a function"


def _listed_long_files(findings, root):
    listed = {}
    if not os.path.exists(os.path.join(root, LONG_FILES)):
        return listed
    for number, line in enumerate(source_tree.read(root, LONG_FILES).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            path, _, reason = line.partition(" ")
            if not reason.strip():
                findings.add(LONG_FILES, number, f"{path} needs a reason")
            listed[path] = number
    return listed


def _lines_max(path):
    name = os.path.basename(path)
    if name == "main.cpp":
        return MAIN_LINES_MAX
    return README_LINES_MAX if path == "README.md" else FILE_LINES_MAX


def _is_measured(path):
    """Prose in docs/ may be as long as its subject; everything else is read in one sitting."""
    return not path.startswith("docs/") and not path.endswith((".json", ".txt")) or \
        path.endswith("CMakeLists.txt")


def check(root):
    findings = Findings()
    listed = _listed_long_files(findings, root)
    files = [path for path in source_tree.text_files(root) if _is_measured(path)]
    for path in files:
        text = source_tree.read(root, path)
        count = text.count("\n")
        limit = _lines_max(path)
        if count > limit and path not in listed:
            findings.add(path, 1, f"{count} lines; the limit is {limit} (or a reason in {LONG_FILES})")
        elif count <= limit and path in listed:
            findings.add(LONG_FILES, listed[path], f"{path} has {count} lines and needs no entry")
        if path.endswith(source_tree.CODE_SUFFIXES):
            for name, first, last in functions_of(text):
                if last - first + 1 > FUNCTION_LINES_MAX:
                    findings.add(path, first, f"{name} has {last - first + 1} lines; "
                                 f"the limit is {FUNCTION_LINES_MAX}")
    for path in sorted(set(listed) - set(files)):
        findings.add(LONG_FILES, listed[path], f"{path} does not exist")
    return findings.finish("sizes", f"{len(files)} files")


def _share(numbers, part):
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0


def report(root):
    product, proof, files, functions, comments, total = 0, 0, [], [], 0, 0
    for path in source_tree.code_files(root):
        text = source_tree.read(root, path)
        count = text.count("\n")
        if path.startswith("tests/"):
            proof += count
            continue
        product += count
        files.append(count)
        functions += [last - first + 1 for _, first, last in functions_of(text)]
        comments += len(CodeText(text).comment_lines)
        total += count
    print(f"product {product} lines in {len(files)} files, tests {proof} lines "
          f"({proof / max(product, 1):.2f} per product line)")
    print(f"file lines: median {_share(files, 0.5)}, p90 {_share(files, 0.9)}, "
          f"max {max(files, default=0)}")
    print(f"function lines: median {_share(functions, 0.5)}, p90 {_share(functions, 0.9)}, "
          f"max {max(functions, default=0)}")
    print(f"lines with comments: {100 * comments / max(total, 1):.0f}%")
    return 0


if __name__ == "__main__":
    if "--report" in sys.argv:
        sys.argv.remove("--report")
        source_tree.run(report, __doc__)
    source_tree.run(check, __doc__)
