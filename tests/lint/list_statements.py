#!/usr/bin/env python3
"""Prints the normative words of a specification, as psd008_statements.txt has them.

    list_statements.py FOLDER    the folder of a version: chapters as N-name/, sections as N-name.md

The text itself is not ours to keep; how often it demands something, and where, is a fact. Run it on
the next version and compare: what is new needs a row in docs/conformance/.
"""

import glob
import re
import sys

WORD = re.compile(r"\b(MUST NOT|MUST|SHALL NOT|SHALL|REQUIRED|SHOULD NOT|SHOULD|NOT RECOMMENDED|"
                  r"RECOMMENDED)\b")
KINDS = {"SHALL": "MUST", "REQUIRED": "MUST", "SHALL NOT": "MUST NOT", "RECOMMENDED": "SHOULD",
         "NOT RECOMMENDED": "SHOULD NOT"}


def place_of(path):
    return tuple(int(number) for number in re.findall(r"/(\d+)-", path)[-2:])


def main(folder):
    for path in sorted(glob.glob(folder + "/*/*.md"), key=place_of):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        if any(line == "## Normative keywords" for line in lines):
            continue  # says what the words mean, and demands nothing
        heading, found = "", []  # [heading, kinds]
        for line in lines:
            if line.startswith("#"):
                heading = line.strip("# ")
            for word in WORD.findall(line):
                if not found or found[-1][0] != heading:
                    found.append([heading, []])
                found[-1][1].append(KINDS.get(word, word).replace(" ", "-"))
        section = ".".join(str(number) for number in place_of(path))
        for heading, kinds in found:
            print(f"{section} {heading + ': ' if heading else ': '}{' '.join(kinds)}")


if __name__ == "__main__":
    main(sys.argv[1])
