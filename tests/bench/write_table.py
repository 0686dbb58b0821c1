#!/usr/bin/env python3
"""Puts the figures of build/bench.json into docs/benchmarks.md, between its two marks.

    tests/bench/write_table.py build/bench.json docs/benchmarks.md
"""

import json
import sys

BEGIN = "<!-- figures: begin -->"
END = "<!-- figures: end -->"

# Headings and what the names of their figures begin with, in the order of the page. The first that
# fits counts, and what fits nowhere is a question.
SECTIONS = (
    ("Events in", ("ingest.", "tail.", "burst.", "indexes.", "shards.")),
    ("Logs and metrics in", ("log.", "metric.")),
    ("Beside other programs", ("peers.", "nats.")),
    ("An audit log", ("audit.",)),
    ("Questions while events come in", ("together.",)),
    ("Light load and none", ("latency.", "memory.", "idle.")),
)
QUESTIONS = "A million events, a million lines"
CHECKED = "The same with access control"


def section_of(figure):
    for heading, beginnings in SECTIONS:
        if figure["name"].startswith(beginnings):
            return heading
    return CHECKED if figure["reference_name"] == "without" else QUESTIONS


def number(value):
    """Four digits, or all of those before the point."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def ratio(figure):
    if not figure["reference"]:
        return ""
    return f"{figure['ratio']:.2f}" if figure["ratio"] >= 0.1 else f"{figure['ratio']:.2g}"


def row(figure):
    # What a page shows as a question has to be one; the bench asks for the last ten seconds.
    name = figure["name"].replace("|", "\\|").replace('"{since}"', "10s ago")
    if section_of(figure) in (QUESTIONS, CHECKED):
        name = f"`{name}`"
    if figure["records"] >= 0:
        name += f" ({figure['records']:,})"
    reference = f"{number(figure['reference'])}, {figure['reference_name']}" if figure["reference"] else ""
    spread = f"{figure['spread']:.0%}" if figure["spread"] else ""
    return (f"| {name} | {number(figure['value'])} {figure['unit']} | {reference} | {ratio(figure)} | {spread} "
            f"| {figure['goal']} |")


def table(measured):
    runs = measured["runs"]
    lines = [f"Commit {measured['commit']}, {measured['time'][:10]}: {measured['processors']} processors "
             f"({measured['processor']}), {measured['memory_mib'] // 1024} GiB, {measured['machine']}, "
             f"gcc {measured['compiler']}; "
             + (f"medians of {runs} runs, with the spread from the least to the greatest value."
                if runs > 1 else "one run.")]
    headings = [heading for heading, _ in SECTIONS]
    headings[4:4] = [QUESTIONS, CHECKED]
    for heading in headings:
        figures = [figure for figure in measured["figures"] if section_of(figure) == heading]
        if figures:
            lines += ["", f"### {heading}", "", "| | ours | reference | ratio | spread | goal |",
                      "|---|---|---|---|---|---|"]
            lines += [row(figure) for figure in figures]
    return "\n".join(lines)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        measured = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        page = file.read()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        sys.exit(f"{sys.argv[2]} does not have the two marks once each")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{table(measured)}\n{END}{after}")


if __name__ == "__main__":
    main()
