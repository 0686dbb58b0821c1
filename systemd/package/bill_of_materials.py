#!/usr/bin/env python3
"""What the packages are made of, as SPDX 2.3: eventd.spdx.json among the documents of eventd.

usage: bill_of_materials.py VERSION TREES PACKAGE...

TREES has a folder for each package, with everything that it will install. Files are told with their
sums, libraries as Debian's packages on this machine: those that a program is linked with, and those
whose headers are compiled in. Versions are what dpkg says. The declared license is what a package's
copyright file says of most of its source, where machines can read that; the concluded one is that
of the library itself, as somebody has looked it up (CONCLUDED). The rest is NOASSERTION, not guessed. The same trees
and the same time (SOURCE_DATE_EPOCH) give the same bytes.
"""

import datetime
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.parse
import uuid

OUTPUT = "usr/share/doc/eventd/eventd.spdx.json"
OUR_LICENSE = "Apache-2.0"
# Libraries that are headers alone, and go into the programs by being compiled.
COMPILED_IN = {"eventd": ("nlohmann-json3-dev",), "evctl": ("nlohmann-json3-dev", "libcli11-dev")}
BUILT_BY = ("g++", "cmake", "capnproto")
# Debian's short names of licenses, as SPDX spells them.
SPDX_LICENSES = {"expat": "MIT", "mit": "MIT", "apache-2.0": "Apache-2.0", "bsd-2-clause": "BSD-2-Clause",
                 "bsd-3-clause": "BSD-3-Clause", "zlib": "Zlib", "isc": "ISC", "mpl-2.0": "MPL-2.0"}
# Licenses of what we link with or compile in, by how the packages' names begin. A library that is not
# here fails the test: somebody has to look.
CONCLUDED = {"libc6": "LGPL-2.1-or-later", "libcapnp-": "MIT", "libedit": "BSD-3-Clause",
             "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
             "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1", "libre2-": "BSD-3-Clause",
             "libseccomp": "LGPL-2.1-only", "libsqlite3-": "blessing", "libuuid1": "BSD-3-Clause",
             "libzmq": "LGPL-3.0-or-later WITH LZMQ-exception", "nlohmann-json3-": "MIT", "libcli11-": "BSD-3-Clause"}
GNU = re.compile(r"^(l?gpl)-([123](?:\.[01])?)(\+?)$", re.IGNORECASE)


def run(*command):
    return subprocess.run(command, check=True, text=True, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def spdx_license(name):
    """The SPDX expression for one of Debian's names, None if there is none for certain."""
    parts = [part.strip() for part in re.split(r"\s+(?:and|or)\s+", name)]
    if len(parts) > 1:
        joined = [spdx_license(part) for part in parts]
        words = re.findall(r"\s+(and|or)\s+", name)
        if None in joined or len(set(words)) > 1:
            return None
        return f" {words[0].upper()} ".join(joined)
    gnu = GNU.match(name)
    if gnu:
        number = gnu.group(2) if "." in gnu.group(2) else gnu.group(2) + ".0"
        return f"{gnu.group(1).upper()}-{number}-{'or-later' if gnu.group(3) else 'only'}"
    return SPDX_LICENSES.get(name.lower())


def declared_license(package):
    """What Files: * stands under in the package's copyright file: the expression, and Debian's word."""
    path = f"/usr/share/doc/{package.split(':')[0]}/copyright"
    if not os.path.exists(path):
        return "NOASSERTION", ""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    found = re.search(r"^Files: *\*\s*\n(?:(?!\n\n)[\s\S])*?^License: *(\S.*)$", text, re.MULTILINE)
    if not text.startswith("Format:") or found is None:
        return "NOASSERTION", ""
    return spdx_license(found.group(1).strip()) or "NOASSERTION", found.group(1).strip()


@functools.lru_cache(maxsize=None)
def owner_of(library):
    """The package that a library's file belongs to; /lib and /usr/lib are one, but not to dpkg."""
    path = os.path.realpath(library)
    for name in (path, path.removeprefix("/usr"), library):
        try:
            return run("dpkg-query", "-S", name).split(": ")[0].split(",")[0]
        except subprocess.CalledProcessError:
            continue
    raise SystemExit(f"bill_of_materials.py: {library} belongs to no package")


def libraries_of(binary):
    """The packages of the libraries that a program names; what those need is their own affair."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", binary)))
    resolved = dict(re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", binary), re.MULTILINE))
    return {owner_of(resolved[name]) for name in needed if name in resolved}


def files_below(tree):
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                yield path


def spdx_id(*words):
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", word) for word in words)


class Bill:
    def __init__(self, version):
        self.version = version
        self.packages, self.files, self.relationships = {}, [], []

    def relate(self, one, kind, other):
        self.relationships.append({"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other})

    def debian(self, package):
        """A package of Debian's, told once; its id."""
        name, version, architecture, maintainer, homepage = run(
            "dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${Maintainer}\t${Homepage}",
            package).split("\t")
        identifier = spdx_id("Debian", name)
        if identifier in self.packages:
            return identifier
        license_name, debian_name = declared_license(name)
        concluded = next((license for start, license in CONCLUDED.items() if name.startswith(start)), "NOASSERTION")
        person, address = re.match(r"^(.*?)\s*<(.*)>$", maintainer).groups()
        locator = f"pkg:deb/debian/{urllib.parse.quote(name)}@{urllib.parse.quote(version, safe='~')}" \
                  f"?arch={architecture}&distro=debian-12"
        entry = {"SPDXID": identifier, "name": name, "versionInfo": version, "filesAnalyzed": False,
                 "supplier": f"Organization: {person.strip(chr(34))} ({address})", "downloadLocation": "NOASSERTION",
                 "licenseConcluded": concluded, "licenseDeclared": license_name, "copyrightText": "NOASSERTION",
                 "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                   "referenceLocator": locator}]}
        if homepage:
            entry["homepage"] = homepage
        if debian_name and license_name == "NOASSERTION":
            entry["licenseComments"] = f"Debian's copyright file says: {debian_name}"
        self.packages[identifier] = entry
        return identifier

    def ours(self, package, tree):
        identifier, sums, needed = spdx_id("Package", package), [], set()
        for number, path in enumerate(sorted(files_below(tree)), 1):
            with open(path, "rb") as file:
                data = file.read()
            sums.append(hashlib.sha1(data).hexdigest())
            file_id = spdx_id("File", package, str(number))
            kind = "BINARY" if data.startswith(b"\x7fELF") else "ARCHIVE" if path.endswith(".gz") else "TEXT"
            self.files.append({
                "SPDXID": file_id, "fileName": "./" + os.path.relpath(path, tree), "fileTypes": [kind],
                "checksums": [{"algorithm": "SHA1", "checksumValue": sums[-1]},
                              {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
                "licenseConcluded": OUR_LICENSE, "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"})
            self.relate(identifier, "CONTAINS", file_id)
            if kind == "BINARY":
                needed |= libraries_of(path)
        code = {"packageVerificationCodeValue": hashlib.sha1("".join(sorted(sums)).encode()).hexdigest()}
        if package == "eventd":
            code["packageVerificationCodeExcludedFiles"] = ["./" + OUTPUT]
        self.packages[identifier] = {
            "SPDXID": identifier, "name": package, "versionInfo": self.version, "filesAnalyzed": True,
            "packageVerificationCode": code, "supplier": "Organization: eventd maintainers",
            "downloadLocation": "NOASSERTION", "licenseConcluded": OUR_LICENSE, "licenseDeclared": OUR_LICENSE,
            "licenseInfoFromFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}
        self.relate("SPDXRef-DOCUMENT", "DESCRIBES", identifier)
        for library in sorted(needed):
            self.relate(identifier, "DYNAMIC_LINK", self.debian(library))
        for library in COMPILED_IN.get(package, ()):
            self.relate(identifier, "STATIC_LINK", self.debian(library))
        return identifier

    def document(self):
        content = [self.packages[key] for key in sorted(self.packages)]
        digest = hashlib.sha256(json.dumps([content, self.files], sort_keys=True).encode()).hexdigest()
        created = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
        return {
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"eventd-{self.version}",
            "documentNamespace": f"https://eventd.invalid/spdx/{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
            "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                             "creators": ["Organization: eventd maintainers", f"Tool: bill_of_materials.py-{self.version}"]},
            "packages": content, "files": self.files, "relationships": self.relationships}


def main():
    version, trees, *packages = sys.argv[1:]
    bill = Bill(version)
    ours = [bill.ours(package, os.path.join(trees, package)) for package in packages]
    for tool in BUILT_BY:
        for package in ours:
            bill.relate(bill.debian(tool), "BUILD_TOOL_OF", package)
    with open(os.path.join(trees, "eventd", OUTPUT), "w", encoding="utf-8") as file:
        json.dump(bill.document(), file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
