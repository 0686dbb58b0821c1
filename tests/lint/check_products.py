"""The products hold nothing of the test build in which a program acts as if taken over.

    check_products.py --marked BINARY... --clean BINARY...

Every binary after --marked must hold the marker of tests/process/attack/taken_over.cpp, which shows
that it would be found; none after --clean may hold it, nor a name of that build."""

import argparse
import sys

MARKERS = (b"evd-attack-build", b"EVD_ATTACK_FOLDER", b"makeAttempt")


def found_in(path):
    with open(path, "rb") as binary:
        content = binary.read()
    return [marker.decode() for marker in MARKERS if marker in content]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--marked", nargs="+", required=True)
    parser.add_argument("--clean", nargs="+", required=True)
    arguments = parser.parse_args()
    findings = [f"{path}: the marker {marker.decode()} is not found where it must be"
                for path in arguments.marked
                for marker in MARKERS if marker.decode() not in found_in(path)]
    findings += [f"{path}: holds {marker}" for path in arguments.clean for marker in found_in(path)]
    for finding in findings:
        print(finding)
    print(f"products: {len(findings)} findings in {len(arguments.clean)} programs")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
