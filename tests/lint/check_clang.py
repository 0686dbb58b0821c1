#!/usr/bin/env python3
"""What was changed lately is something that clang takes as well, or ./dev fuzz would not build.

usage: check_clang.py ROOT BUILD_FOLDER

Reads, and does not build, the sources that the last COMMITS commits and the work tree changed, and for
each changed header one source that includes it; with the flags they have in BUILD_FOLDER, at most
SOURCES_MAX of them, so that it stays within a minute. Exits with 77 where there is no clang or no git.
"""

import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess
import sys

import source_tree
from check_layers import includes_of
from source_tree import Findings

COMPILERS = ("clang++-14", "clang++")
COMMITS = 30
SOURCES_MAX = 60
FUZZED_FOLDERS = ("collector/", "common/", "queryd/", "sandbox/", "store/", "tests/fuzz/")
SKIPPED = 77


def includers(root, sources):
    """The sources that include a header themselves, by header."""
    found = {}
    for source in sources:
        for _, quote, target in includes_of(source_tree.read(root, source)):
            if quote == '"':
                found.setdefault(target, []).append(source)
    return found


def chosen(changed, sources, including, most=SOURCES_MAX):
    """The sources to read, of what changed (newest first): themselves, or one that shows the header."""
    found = []
    for path in changed:
        source = path
        if path.endswith(".h"):
            own = path[:-len(".h")] + ".cpp"
            shown_by = including.get(path, [])
            source = own if own in shown_by else next(iter(shown_by), None)
        if source in sources and source not in found:
            found.append(source)
    return found[:most]


def clang_command(compiler, command):
    """The compiler's command of a build, as one by which clang only reads the source."""
    words, kept, drop = shlex.split(command)[1:], [], False
    for word in words:
        if drop:
            drop = False
        elif word == "-o":
            drop = True
        elif word != "-c":
            kept.append(word)
    return [compiler, "-fsyntax-only", "-Wno-unknown-warning-option", *kept]


def first_complaint(output):
    """(line, text) of the first error."""
    for line in output.splitlines():
        if ": error: " in line or ": fatal error: " in line:
            place, _, text = line.partition("error: ")
            number = place.split(":")[1] if place.count(":") > 1 else "1"
            return int(number) if number.isdigit() else 1, f"clang refuses this: {text} ({place.split(':')[0]})"
    return 1, "clang refuses this"


def git_lines(root, *arguments):
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line] if done.returncode == 0 else None


def changed_files(root):
    """What the work tree and then the last commits changed, newest first; None without git."""
    found = []
    for arguments in (("diff", "--name-only", "HEAD"), ("ls-files", "--others", "--exclude-standard"),
                      ("log", "-n", str(COMMITS), "--name-only", "--format=")):
        lines = git_lines(root, *arguments)
        if lines is None:
            return None
        found += lines
    return list(dict.fromkeys(found))


def commands_of(root, build_folder):
    """The command of each source that fuzzers are made of, by its path below the root."""
    with open(os.path.join(build_folder, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    root = os.path.realpath(root)
    found = {os.path.relpath(os.path.realpath(entry["file"]), root): entry["command"] for entry in entries}
    return {path: command for path, command in found.items() if path.startswith(FUZZED_FOLDERS)}


def main():
    root, build_folder = sys.argv[1:3]
    compiler = next((name for name in COMPILERS if shutil.which(name)), None)
    changed = changed_files(root)
    if compiler is None or changed is None:
        print("clang: not looked at, there is no " + ("clang" if compiler is None else "git checkout"))
        return SKIPPED
    commands = commands_of(root, build_folder)
    sources = chosen(changed, commands, includers(root, commands))

    def read(source):
        return subprocess.run(clang_command(compiler, commands[source]), cwd=build_folder, capture_output=True,
                              text=True, check=False)

    findings = Findings()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as readers:
        for source, done in zip(sources, readers.map(read, sources)):
            if done.returncode != 0:
                line, text = first_complaint(done.stderr)
                findings.add(source, line, text)
    return findings.finish("clang", f"{len(sources)} sources")


if __name__ == "__main__":
    sys.exit(main())
