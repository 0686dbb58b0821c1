#!/usr/bin/env python3
"""Runs libFuzzer targets one after another and prints what each has done: ./dev fuzz.

usage: run_fuzzers.py --bin FOLDER --work FOLDER --seconds N [--jobs N] [--goal N] [--keep] [NAME...]

The seconds are for all together: each fuzzer gets an equal share of them. A fuzzer begins with its checked-in
corpus (tests/fuzz/corpus/NAME) and with what earlier runs have gathered below --work, and is given
the dictionary of its name, or the one that names it in its line "# also for:". With --keep, what is new and reaches code that the
checked-in corpus does not reach is added to that, minimised.

Beside the executions of a run the table tells those of all runs of the very same program without a finding, which are counted below
--work; a program that was built anew, otherwise, begins at none. With --goal, the seconds are for the fuzzers that have done fewer.

Exits with 1, and the path of an input that repeats it, when one has found something.
"""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
INPUT_BYTES_MAX = 65536
INPUT_SECONDS_MAX = 10
MEMORY_MB_MAX = 2048
# What is checked in is replayed by every build, with hundreds of variants of each file.
KEPT_FILES_MAX = 40
KEPT_FILE_BYTES_MAX = 2048
SUFFIX = "_fuzz"
STAT = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
PULSE = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/(\w+)", re.MULTILINE)
ALSO_FOR = re.compile(r"^# also for: (.*)$", re.MULTILINE)
ARTIFACT = re.compile(r"Test unit written to (\S+)")


@dataclasses.dataclass
class Outcome:
    name: str
    executions: int = 0
    executions_in_all: int = 0  # of this very program
    per_second: int = 0
    coverage: int = 0
    corpus_files: int = 0
    findings: list = dataclasses.field(default_factory=list)
    failure: str = ""  # without an input that shows it


def paths_of(name, options):
    return {
        "program": os.path.join(options.bin, name + SUFFIX),
        "checked_in": os.path.join(HERE, "corpus", name),
        "gathered": os.path.join(options.work, "corpus", name),
        "findings": os.path.join(options.work, "findings", name),
        "count": os.path.join(options.work, "executions", name),
        "dictionary": dictionary_of(name),
    }


def dictionary_of(name):
    for file in sorted(os.listdir(HERE)):
        if file.endswith(".dict"):
            path = os.path.join(HERE, file)
            with open(path, encoding="utf-8") as text:
                also = ALSO_FOR.search(text.read())
            if file == name + ".dict" or (also and name in also.group(1).split()):
                return path
    return None


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def executions_before(paths):
    """Of this very program, in earlier runs; none when the count is another one's or not readable."""
    try:
        with open(paths["count"], encoding="utf-8") as file:
            digest, count = file.read().split()
    except (FileNotFoundError, ValueError):
        return 0
    return int(count) if digest == digest_of(paths["program"]) and count.isdigit() else 0


def count_executions(paths, count):
    os.makedirs(os.path.dirname(paths["count"]), exist_ok=True)
    written = paths["count"] + ".new"
    with open(written, "w", encoding="utf-8") as file:
        file.write(f"{digest_of(paths['program'])} {count}\n")
    os.replace(written, paths["count"])


def command_of(paths, seconds, executions_max):
    command = [paths["program"], f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}",
               f"-runs={executions_max if executions_max else -1}",
               f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}",
               # Weighing inputs by their rare features takes up to six sevenths of the time of programs that
               # reach many of them, who find more without it.
               "-entropic=0",
               "-print_final_stats=1", f"-artifact_prefix={paths['findings']}/"]
    if paths["dictionary"]:
        command.append(f"-dict={paths['dictionary']}")
    return command + [paths["gathered"], paths["checked_in"]]


def outcome_of(name, text, status):
    outcome = Outcome(name)
    stats = {key: int(value) for key, value in STAT.findall(text)}
    outcome.executions = stats.get("number_of_executed_units", 0)
    outcome.per_second = stats.get("average_exec_per_sec", 0)
    pulses = PULSE.findall(text)
    if pulses:
        outcome.executions = outcome.executions or int(pulses[-1][0])
        outcome.coverage = int(pulses[-1][1])
        outcome.corpus_files = int(pulses[-1][3])
    outcome.findings = ARTIFACT.findall(text)
    if status != 0 and not outcome.findings:
        outcome.failure = text.strip().splitlines()[-1] if text.strip() else f"status {status}"
    return outcome


def fuzz(name, seconds, options):
    paths = paths_of(name, options)
    for folder in ("gathered", "findings"):
        os.makedirs(paths[folder], exist_ok=True)
    before = executions_before(paths)
    missing = max(1, options.goal - before) if options.goal else 0
    done = subprocess.run(command_of(paths, seconds, missing), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    outcome = outcome_of(name, text, done.returncode)
    if outcome.findings or outcome.failure:
        with open(os.path.join(paths["findings"], "log"), "w", encoding="utf-8") as log:
            log.write(text)
        count_executions(paths, 0)
        return outcome
    outcome.executions_in_all = before + outcome.executions
    count_executions(paths, outcome.executions_in_all)
    if options.keep:
        keep(paths)
    return outcome


def keep(paths):
    """The smallest set of small inputs that reaches what all of them reach."""
    with tempfile.TemporaryDirectory() as merged:
        subprocess.run([paths["program"], "-set_cover_merge=1", f"-max_len={KEPT_FILE_BYTES_MAX}", merged,
                        paths["checked_in"], paths["gathered"]],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        known = set()
        for file in sorted(os.listdir(paths["checked_in"])):
            with open(os.path.join(paths["checked_in"], file), "rb") as seed:
                known.add(seed.read())
        room = KEPT_FILES_MAX - len(known)
        found = []
        for file in os.listdir(merged):
            path = os.path.join(merged, file)
            with open(path, "rb") as content:
                if content.read() not in known:
                    found.append((os.path.getsize(path), path))
        found.sort()
        # When they are too many, small ones and large ones alike.
        for _, path in found[::-1][::max(1, -(-len(found) // max(1, room)))][:max(0, room)]:
            shutil.copy(path, os.path.join(paths["checked_in"], os.path.basename(path)[:16]))


def print_table(outcomes):
    print(f"{'target':24} {'executions':>12} {'in all':>14} {'per second':>10} {'coverage':>9} {'corpus':>7}  findings")
    for outcome in outcomes:
        found = outcome.failure or (str(len(outcome.findings)) if outcome.findings else "none")
        print(f"{outcome.name:24} {outcome.executions:>12,} {outcome.executions_in_all:>14,} {outcome.per_second:>10,} "
              f"{outcome.coverage:>9,} {outcome.corpus_files:>7,}  {found}")
    print(f"{'all':24} {sum(outcome.executions for outcome in outcomes):>12,}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--goal", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def main():
    options = parse_arguments()
    there = sorted(file[:-len(SUFFIX)] for file in os.listdir(options.bin)
                   if file.endswith(SUFFIX))
    unknown = [name for name in options.names if name not in there]
    if unknown:
        sys.exit(f"no such fuzzer: {', '.join(unknown)}; there are {', '.join(there)}")
    names = options.names or there
    if options.goal:
        names = [name for name in names if executions_before(paths_of(name, options)) < options.goal]
        if not names:
            print(f"every one of them has done {options.goal:,} executions")
            return 0
    seconds = max(1, options.seconds * options.jobs // len(names))
    print(f"{len(names)} fuzzers, {seconds} s each, {options.jobs} at a time", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(lambda name: fuzz(name, seconds, options), names))
    print_table(outcomes)
    bad = [outcome for outcome in outcomes if outcome.findings or outcome.failure]
    for outcome in bad:
        program = paths_of(outcome.name, options)["program"]
        for finding in outcome.findings:
            print(f"{outcome.name} found something; repeat it with: {program} {finding}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
