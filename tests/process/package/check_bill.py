#!/usr/bin/env python3
"""The bill of materials in the packages is sound SPDX 2.3, and tells of what is there.

usage: check_bill.py PACKAGE.deb...

The bill lies in the package eventd and tells of all of them: required fields, unique ids, references
that lead somewhere, the sums of every file, and for each library of Depends an entry.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile

BILL = "./usr/share/doc/eventd/eventd.spdx.json"
DOCUMENT = ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "files",
            "relationships")
PACKAGE = ("SPDXID", "name", "versionInfo", "downloadLocation", "filesAnalyzed", "licenseConcluded", "licenseDeclared",
           "copyrightText", "supplier")
FILE = ("SPDXID", "fileName", "checksums", "licenseConcluded", "licenseInfoInFiles", "copyrightText")
ID = re.compile(r"^SPDXRef-[A-Za-z0-9.-]+$")
EXPRESSION = re.compile(r"^(NOASSERTION|NONE|[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*)$")
PURL = re.compile(r"^pkg:deb/debian/[a-zA-Z0-9.%-]+@[A-Za-z0-9.+%~_-]+\?arch=[a-z0-9]+&distro=debian-\d+$")
KINDS = {"DESCRIBES", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK", "BUILD_TOOL_OF"}


def contents_of(deb):
    """Name and bytes of every file of a package."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, timeout=60, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def field_of(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], check=True, text=True, timeout=60,
                          stdout=subprocess.PIPE).stdout.strip()


class Checker:
    def __init__(self, bill, packages):
        self.bill, self.packages, self.findings = bill, packages, []

    def expect(self, good, text):
        if not good:
            self.findings.append(text)

    def check_fields(self):
        bill = self.bill
        for wanted, parts in ((DOCUMENT, [bill]), (PACKAGE, bill["packages"]), (FILE, bill["files"])):
            for part in parts:
                for name in wanted:
                    self.expect(name in part, f"{part.get('SPDXID')}: no {name}")
        self.expect(bill["spdxVersion"] == "SPDX-2.3" and bill["dataLicense"] == "CC0-1.0", "another version or license")
        self.expect(bill["SPDXID"] == "SPDXRef-DOCUMENT", "the document has another id")
        self.expect(re.match(r"^https?://[^#\s]+$", bill["documentNamespace"]), "the namespace is no URI")
        creation = bill["creationInfo"]
        self.expect(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", creation["created"]), "created is no time")
        self.expect(creation["creators"] and all(re.match(r"^(Tool|Organization|Person): \S", one)
                                                 for one in creation["creators"]), "creators are not told as wanted")

    def check_ids(self):
        bill = self.bill
        ids = [part["SPDXID"] for part in bill["packages"] + bill["files"]] + [bill["SPDXID"]]
        self.expect(len(ids) == len(set(ids)), "an id stands twice")
        for one in ids:
            self.expect(ID.match(one), f"{one} is no id")
        for relation in bill["relationships"]:
            for end in ("spdxElementId", "relatedSpdxElement"):
                self.expect(relation[end] in ids, f"a relationship leads to {relation[end]}, which is nowhere")
            self.expect(relation["relationshipType"] in KINDS, f"{relation['relationshipType']} is no relationship")

    def check_packages(self):
        for package in self.bill["packages"]:
            name = package["name"]
            for key in ("licenseConcluded", "licenseDeclared"):
                self.expect(EXPRESSION.match(package[key]), f"{name}: {package[key]} is no license expression")
            self.expect(re.match(r"^(Organization|Person): \S", package["supplier"]), f"{name}: no supplier")
            for reference in package.get("externalRefs", []):
                self.expect(PURL.match(reference["referenceLocator"]), f"{name}: {reference['referenceLocator']}")
            self.expect(package["filesAnalyzed"] == ("packageVerificationCode" in package), f"{name}: files, but no code")

    def check_licenses(self):
        """Of what is in the programs, or loaded by them, the license is known."""
        linked = {relation["relatedSpdxElement"] for relation in self.bill["relationships"]
                  if relation["relationshipType"] in ("DYNAMIC_LINK", "STATIC_LINK")}
        for package in self.bill["packages"]:
            if package["SPDXID"] in linked:
                self.expect(package["licenseConcluded"] != "NOASSERTION",
                            f"{package['name']}: nobody has looked up its license (CONCLUDED in bill_of_materials.py)")

    def check_contents(self, deb, files):
        name = field_of(deb, "Package")
        entry = next((one for one in self.bill["packages"] if one["name"] == name), None)
        if entry is None:
            self.findings.append(f"{name} is not told of")
            return
        self.expect(entry["versionInfo"] == field_of(deb, "Version"), f"{name}: another version")
        mine = {relation["relatedSpdxElement"] for relation in self.bill["relationships"]
                if relation["spdxElementId"] == entry["SPDXID"]}
        told = {one["fileName"]: {sum_["algorithm"]: sum_["checksumValue"] for sum_ in one["checksums"]}
                for one in self.bill["files"] if one["SPDXID"] in mine}
        there = {path: data for path, data in files.items() if path != BILL}
        self.expect(set(told) == set(there), f"{name}: not these files: {sorted(set(told) ^ set(there))}")
        for path, data in there.items():
            sums = {"SHA1": hashlib.sha1(data).hexdigest(), "SHA256": hashlib.sha256(data).hexdigest()}
            self.expect(told.get(path) == sums, f"{name}: {path} has other sums")
        code = hashlib.sha1("".join(sorted(hashlib.sha1(data).hexdigest() for data in there.values())).encode())
        self.expect(entry["packageVerificationCode"]["packageVerificationCodeValue"] == code.hexdigest(),
                    f"{name}: another verification code")
        names = {one["name"] for one in self.bill["packages"] if one["SPDXID"] in mine}
        for depended in re.findall(r"(?:^|, )(lib[a-z0-9.+-]+)", field_of(deb, "Depends")):
            self.expect(depended in names or depended.endswith("-dev"), f"{name}: {depended} is not told of")


def main():
    debs = {deb: contents_of(deb) for deb in sys.argv[1:]}
    bills = [files[BILL] for files in debs.values() if BILL in files]
    if len(bills) != 1:
        print(f"NOT: there is one bill of materials (there are {len(bills)})")
        return 1
    checker = Checker(json.loads(bills[0]), debs)
    checker.check_fields()
    checker.check_ids()
    checker.check_packages()
    checker.check_licenses()
    for deb, files in debs.items():
        checker.check_contents(deb, files)
    for finding in checker.findings:
        print(f"NOT: bill of materials: {finding}")
    if not checker.findings:
        print(f"ok: the bill of materials tells of {len(debs)} packages, {len(checker.bill['files'])} files and "
              f"{len(checker.bill['packages']) - len(debs)} packages of Debian")
    return 1 if checker.findings else 0


if __name__ == "__main__":
    sys.exit(main())
