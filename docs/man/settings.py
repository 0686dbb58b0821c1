#!/usr/bin/env python3
"""The settings of eventd as the SETTINGS section of a manual, from eventd's own table.

usage: settings.py EVCTL PAGE.in >PAGE

The table is what `EVCTL config list` tells, so the page cannot know another default than the
programs. tests/lint/check_manuals.py holds docs/configuration.md to the same words.
"""

import json
import subprocess
import sys
import tempfile

GIB, MIB = 1 << 30, 1 << 20


def settings(evctl):
    """A dictionary for each setting, in the order of the table; nothing of this machine's is read."""
    with tempfile.TemporaryDirectory() as empty:
        listed = subprocess.run([evctl, "--registry", empty, "-f", "jsonl", "config", "list"], text=True, timeout=30,
                                stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in listed.stdout.splitlines()]


def _amount(number):
    for unit, name in ((GIB, "GiB"), (MIB, "MiB")):
        if number and number % unit == 0:
            return f"{number // unit} {name}"
    return "2^64-1" if number == (1 << 64) - 1 else str(number)


def range_words(setting):
    """As a person wants it: 16 MiB to 64 GiB, 0-2^64-1, 1-107 bytes."""
    bounds, _, unit = setting["range"].partition(" ")
    if setting["type"] != "qword":
        return setting["range"]
    low, high = (_amount(int(bound)) for bound in bounds.split("-"))
    return f"{low} to {high}" if " " in low + high else f"{low}-{high}" + (f" {unit}" if unit else "")


def _escaped(text):
    """Plain text for roff: no escape, and no line that is a request."""
    return text.replace("\\", "\\e").replace("-", "\\-")


def _entry(setting):
    default = f"default: {setting['default']}" if setting["default"] else "no default"
    facts = "; ".join([setting["type"], range_words(setting), default, "applies " + (
        "at once" if setting["applies"] == "at once" else "after a restart")])
    meaning = setting["meaning"].replace(". ", ".\n")
    return f".It Va {_escaped(setting['setting'])}\n{_escaped(meaning)}\n.br\n({_escaped(facts)})\n"


def section(all_settings):
    return ".Bl -tag -width Ds\n" + "".join(_entry(setting) for setting in all_settings) + ".El"


def main():
    evctl, page = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    # The comment about the placeholder is for those who read the source of the page.
    head, _, rest = text.partition("\n")
    sys.stdout.write(rest.replace("@SETTINGS@", section(settings(evctl))))


if __name__ == "__main__":
    main()
