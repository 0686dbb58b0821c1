#!/usr/bin/env python3
"""Proves check_manuals.py: it reads pages as people see them, and complains about both directions."""

import unittest

import check_manuals

HELP = """evctl asks.

  evctl tail [events|logs] [CLAUSES]   follow what is new
  evctl config list | get NAME | check what it is configured with
  evctl a shape that is longer than its COLUMN [NAME] and its meaning

  -f, --format FORMAT   table or pretty
      --once            one picture
Examples
  evctl tail events
"""
PAGE = """.Sh COMMANDS
.It Cm tail Oo Cm events Ns | Ns Cm logs Oc Op Ar CLAUSES
.It Cm config Cm list | Cm get Ar NAME | Cm check
.Sh OPTIONS
.It Fl f , Fl -format Ar FORMAT
.It Fl -once
.Sh FILES
.It Pa /etc
"""


class Manuals(unittest.TestCase):
    def test_pages_and_help_are_read_alike(self):
        told = check_manuals.shapes_of_page(PAGE, ("COMMANDS",))
        known = check_manuals.shapes_of_help(HELP, "command")
        self.assertEqual(told, ["tail [events|logs] [CLAUSES]", "config list | get NAME | check"])
        self.assertEqual(known, told + ["a shape that is longer than its COLUMN [NAME]"])
        options = ["-f, --format FORMAT", "--once"]
        self.assertEqual(check_manuals.shapes_of_page(PAGE, ("OPTIONS",)), options)
        self.assertEqual(check_manuals.shapes_of_help(HELP, "option"), options)

    def test_what_one_of_them_lacks_is_told(self):
        checker = check_manuals.Checker(".", ".", "evctl", "eventd")
        checker.compare("evctl.1", "option", ["--once", "--twice"], ["--once", "--format FORMAT"])
        self.assertEqual(checker.findings, ["evctl.1: does not tell of the option `--format FORMAT`",
                                            "evctl.1: the program has no option `--twice`"])


if __name__ == "__main__":
    unittest.main()
