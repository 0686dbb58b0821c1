#!/usr/bin/env python3
"""The manuals say what the programs say, and are laid out without a warning.

usage: check_manuals.py ROOT MADE_FOLDER EVCTL EVENTD

MADE_FOLDER has the pages that are made when building. Compared are the commands and options of
evctl.1 with `EVCTL help`, the options of eventd.8 with `EVENTD --help`, and the table of settings in
docs/configuration.md with `EVCTL config list`, from which eventd.reg.5 is made. Pages are laid out
by man and by mandoc, where they are there.
"""

import os
import re
import shutil
import subprocess
import sys

HELP_COLUMNS = {"command": 39, "option": 24}  # queryd/evctl/help_text.cpp
PLAIN_MACROS = ("Cm", "Ar", "Va", "Ev", "Pa", "Dv")
ROW = re.compile(r"^\| `([A-Z][a-z][\w\\]*)` \|(.*)\|$", re.MULTILINE)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def output_of(*command):
    return subprocess.run(command, check=True, text=True, timeout=30, stdout=subprocess.PIPE).stdout


def flattened(line):
    """What a line of mdoc with options and words looks like to its reader."""
    out, closing, glue, dash = "", "", True, ""
    words = line.split()
    for at, word in enumerate(words):
        if word == "Ns":
            glue = True
        elif word in ("Oo", "Op"):
            out += ("" if glue else " ") + "["
            closing, glue = ("]" if word == "Op" else closing), True
        elif word == "Oc":
            out, glue = out + "]", False
        elif word == "Fl":
            dash = "-"
        elif word in PLAIN_MACROS:
            dash = ""
        elif word == ",":
            out, glue = out + word, False
        else:
            out, glue = out + ("" if glue else " ") + dash + word, False
    return out + closing


def shapes_of_page(page, wanted):
    """The .It lines of the sections whose names are wanted."""
    shapes, section = [], ""
    for line in page.splitlines():
        if line.startswith(".Sh "):
            section = line[4:]
        elif line.startswith(".It ") and section in wanted:
            shapes.append(flattened(line[4:]))
    return shapes


def shapes_of_help(text, kind):
    """The left column of the lines that tell of commands or options."""
    column, shapes = HELP_COLUMNS[kind], []
    for line in text.split("\nExamples\n")[0].splitlines():
        is_command = line.startswith("  evctl ")
        if not line.startswith("  ") or is_command != (kind == "command"):
            continue
        if line[column - 1:column] == " ":
            left = line[:column]
        else:  # Longer than the column: one blank, and the meaning begins with a small letter.
            left = re.match(r"(.*?[^a-z]) [a-z]", line[column - 1:])
            left = line[:column - 1] + (left.group(1) if left else "")
        shapes.append(left.strip().removeprefix("evctl "))
    return shapes


class Checker:
    def __init__(self, root, made, evctl, eventd):
        self.root, self.made, self.evctl, self.eventd = root, made, evctl, eventd
        self.findings = []
        folder = os.path.join(root, "docs/man")
        self.pages = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if re.search(r"\.[1-8]$", name)]
        self.pages += [os.path.join(made, "eventd.reg.5")]

    def compare(self, page, kind, told, known):
        for shape in sorted(set(known) - set(told)):
            self.findings.append(f"{page}: does not tell of the {kind} `{shape}`")
        for shape in sorted(set(told) - set(known)):
            self.findings.append(f"{page}: the program has no {kind} `{shape}`")

    def check_evctl(self):
        page, text = read(self.root, "docs/man/evctl.1"), output_of(self.evctl, "help")
        commands = [shape for shape in shapes_of_page(page, ("COMMANDS",)) if shape != "query QUERY"]
        self.compare("evctl.1", "command", commands, shapes_of_help(text, "command"))
        self.compare("evctl.1", "option", shapes_of_page(page, ("OPTIONS",)), shapes_of_help(text, "option"))
        known = set(re.findall(r"--[a-z-]+", text))
        for line in re.findall(r"^\.Dl (evctl .*)$", page, re.MULTILINE):
            for option in re.findall(r" (--[a-z-]+)", line):
                if option not in known:
                    self.findings.append(f"evctl.1: an example has {option}, which evctl has not")

    def check_eventd(self):
        told = [re.sub(r", -h$", "", shape) for shape in shapes_of_page(read(self.root, "docs/man/eventd.8"), ("OPTIONS",))]
        known = [match.strip() for match in
                 re.findall(r"^  (--\S+(?: [A-Z]+)?) ", output_of(self.eventd, "--help"), re.MULTILINE)]
        self.compare("eventd.8", "option", told, known)

    def check_settings(self):
        sys.path.insert(0, os.path.join(self.root, "docs/man"))
        import settings  # pylint: disable=import-outside-toplevel
        rows = {name: [cell.strip() for cell in rest.split(" | ")]
                for name, rest in ROW.findall(read(self.root, "docs/configuration.md"))}
        page = read(self.made, "eventd.reg.5")
        for setting in settings.settings(self.evctl):
            name = setting["setting"]
            wanted = [setting["type"], settings.range_words(setting), setting["default"] or "-", setting["applies"],
                      setting["meaning"]]
            if rows.get(name) != wanted:
                self.findings.append(f"docs/configuration.md: the row of {name} is not {' | '.join(wanted)}")
            if f".It Va {name}\n".replace("\\", "\\e") not in page:
                self.findings.append(f"eventd.reg.5: does not tell of {name}")

    def check_references(self):
        names = {os.path.basename(page) for page in self.pages}
        for path in self.pages:
            for name, section in re.findall(r"\.?Xr (evctl|eventd\S*) (\d)", read(path)):
                if f"{name}.{section}" not in names:
                    self.findings.append(f"{os.path.basename(path)}: there is no {name}({section})")

    def check_layout(self):
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": "", "MAN_KEEP_STDERR": "1"}
        for command in (("man", "--warnings=mac", "-l"), ("mandoc", "-Tlint", "-Wwarning")):
            if shutil.which(command[0]) is None:
                print(f"no {command[0]} here")
                continue
            for page in self.pages:
                done = subprocess.run([*command, page], capture_output=True, text=True, timeout=60, env=environment)
                complaints = done.stderr + (done.stdout if command[0] == "mandoc" else "")
                self.findings += [f"{os.path.basename(page)}: {line}" for line in complaints.splitlines()]


def main():
    checker = Checker(*sys.argv[1:5])
    checker.check_evctl()
    checker.check_eventd()
    checker.check_settings()
    checker.check_references()
    checker.check_layout()
    for finding in checker.findings:
        print(finding)
    return 1 if checker.findings else 0


if __name__ == "__main__":
    sys.exit(main())
