"""What the linters share: the files of the tree, C++ text without comments, and how to complain.

A linter is a program that takes an optional root folder, prints one line per finding
("path:line: what is wrong, what to do") and exits with 1 when there is one.
"""

import argparse
import os
import re
import sys

CODE_SUFFIXES = (".h", ".cpp")
TEXT_SUFFIXES = CODE_SUFFIXES + (".capnp", ".md", ".txt", ".py", ".sh", ".json", ".cmake", ".service",
                                 ".conf", ".reg", ".yml", ".yaml", ".sql", ".query")
TEXT_NAMES = ("dev", "run", "CMakeLists.txt", ".clang-tidy", ".clang-format", ".gitignore")
HIDDEN_FOLDERS_KEPT = (".ci",)


def repository_root():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def all_files(root):
    """Paths below the root, relative and sorted; build folders and hidden folders are left out."""
    found = []
    for folder, subfolders, names in os.walk(root):
        at_top = os.path.samefile(folder, root)
        subfolders[:] = sorted(
            name for name in subfolders
            if (not name.startswith(".") or name in HIDDEN_FOLDERS_KEPT)
            and name != "__pycache__"
            and not (at_top and (name == "build" or name.startswith("build-"))))
        found += [os.path.relpath(os.path.join(folder, name), root) for name in sorted(names)]
    return found


def code_files(root):
    return [path for path in all_files(root) if path.endswith(CODE_SUFFIXES)]


def text_files(root):
    return [path for path in all_files(root)
            if path.endswith(TEXT_SUFFIXES) or os.path.basename(path) in TEXT_NAMES]


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class CodeText:
    """C++ text with its comments blanked out, and, in `code`, with the insides of strings blanked
    out too. Offsets and line numbers stay those of the original."""

    def __init__(self, text):
        comments, literals = _spans(text)
        self.without_comments = _blank(text, comments)
        self.code = _blank(self.without_comments, literals)
        self.comment_lines = _lines_touched(text, comments)


_RAW_STRING = re.compile(r'R"([^ ()\\\t\n]{0,16})\(')


def _spans(text):
    """Start and end of each comment, and of the inside of each string or character literal."""
    comments, literals = [], []
    at, end = 0, len(text)
    while at < end:
        two = text[at:at + 2]
        if two == "//":
            stop = text.find("\n", at)
            stop = end if stop < 0 else stop
            comments.append((at, stop))
            at = stop
        elif two == "/*":
            stop = text.find("*/", at + 2)
            stop = end if stop < 0 else stop + 2
            comments.append((at, stop))
            at = stop
        elif text[at] == '"':
            at = _after_string(text, at, literals)
        elif text[at] == "'" and not _is_digit_separator(text, at):
            at = _after_quoted(text, at, "'", literals)
        else:
            at += 1
    return comments, literals


def _after_string(text, at, literals):
    raw = _RAW_STRING.match(text, at - 1) if at > 0 else None
    if raw is None:
        return _after_quoted(text, at, '"', literals)
    closing = ")" + raw.group(1) + '"'
    stop = text.find(closing, raw.end())
    stop = len(text) if stop < 0 else stop
    literals.append((raw.end(), stop))
    return stop + len(closing)


def _after_quoted(text, at, quote, literals):
    start = at + 1
    at = start
    while at < len(text) and text[at] not in (quote, "\n"):
        at += 2 if text[at] == "\\" else 1
    literals.append((start, min(at, len(text))))
    return at + 1


def _is_digit_separator(text, at):
    start = at
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_'"):
        start -= 1
    return start < at and text[start].isdigit()


def _blank(text, spans):
    parts, last = [], 0
    for start, stop in spans:
        parts.append(text[last:start])
        parts.append(re.sub(r"[^\n]", " ", text[start:stop]))
        last = stop
    parts.append(text[last:])
    return "".join(parts)


def _lines_touched(text, spans):
    touched = set()
    for start, stop in spans:
        touched.update(range(line_of(text, start), line_of(text, max(start, stop - 1)) + 1))
    return touched


class Findings:
    """Collects what is wrong and turns it into output and an exit status."""

    def __init__(self):
        self.lines = []

    def add(self, path, line, text):
        self.lines.append(f"{path}:{line}: {text}")

    def finish(self, name, looked_at):
        for line in self.lines:
            print(line)
        print(f"{name}: {len(self.lines)} findings in {looked_at}")
        return 1 if self.lines else 0


def root_from_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("root", nargs="?", default=repository_root())
    return parser.parse_args().root


def run(check, description):
    """The main of every linter: check(root) gives its exit status."""
    sys.exit(check(root_from_arguments(description)))
