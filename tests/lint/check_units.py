#!/usr/bin/env python3
"""The units of systemd/ are well formed, stay within their exposure, and agree with the code.

usage: check_units.py ROOT UNIT_FOLDER PROGRAM

UNIT_FOLDER has the configured eventd.service, PROGRAM stands in for the installed eventd. What needs
systemd-analyze is left out where there is none; the exit status is then 77, unless something else
is wrong.
"""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

EXPOSURE_MAX = 15  # tenths
SOCKETS = ("query", "log", "metric")
SKIPPED = 77

# What peinit reads of a service, and of which registry type (PSD-007 §3.2). Unknown names would be
# passed over in silence, so a slip of the pen here has no effect there.
SERVICE_VALUES = {
    "sz": "ImagePath Identity OnFailure HookIdentity ExecReload HealthCheck WorkingDirectory DisplayName Description",
    "multi": "Arguments Triggers RequiredPrivileges Requires Wants BindsTo Conflicts SuccessExitCodes ExecStartPre "
             "ExecStartPost Environment Conditions Asserts",
    "dword": "Type Disabled SafeMode ErrorControl RemainAfterExit StartTimeout StopTimeout WatchdogTimeout "
             "HealthCheckInterval HealthCheckTimeout HealthCheckRetries RestartPolicy RestartMaxRetries RestartWindow "
             "RestartDelay Readiness NotifyAccess FdStoreMax TimerPersistent TimerJitter LimitNOFILE LimitCORE",
    "binary": "ServiceSecurity",
}
SERVICE_CHOICES = {"Type": 2, "ErrorControl": 2, "RestartPolicy": 3, "Readiness": 2, "NotifyAccess": 1}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def unit(text):
    """The last value of each setting; good enough for those that are asked for here."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string(text)
    return parser


class Checker:
    def __init__(self, root, unit_folder, program):
        self.root, self.unit_folder, self.program = root, unit_folder, os.path.abspath(program)
        self.findings = []

    def expect(self, good, text):
        if not good:
            self.findings.append(text)

    def constant(self, path, name):
        found = re.search(name + r"\s*=\s*(\d+)", read(self.root, path))
        self.expect(found, f"{path}: no {name}")
        return int(found.group(1)) if found else 0

    def check_service(self):
        service = unit(read(self.unit_folder, "eventd.service"))["Service"]
        kept = self.constant("sandbox/supervisor/fd_broker.h", "kParkedFdsMax")
        self.expect(int(service["FileDescriptorStoreMax"]) == kept,
                    f"eventd.service: FileDescriptorStoreMax is not kParkedFdsMax, which is {kept}")
        stop = self.constant("sandbox/supervisor/supervisor_service.h", "kStopTimeoutNs")
        self.expect(int(service["TimeoutStopSec"]) > stop + 1,
                    f"eventd.service: a stop takes up to {stop + 1} s, which TimeoutStopSec cuts short")
        start = self.constant("sandbox/supervisor/group_service.h", "kStartTimeoutNs")
        self.expect(int(service["TimeoutStartSec"]) > start,
                    f"eventd.service: a start may take {start} s, which TimeoutStartSec cuts short")
        self.expect("EVENTD_SECCOMP" not in read(self.unit_folder, "eventd.service"),
                    "eventd.service: EVENTD_SECCOMP is for development")

    def keys_of(self, *path):
        keys = json.loads(re.sub(r"^\s*//.*$", "", read(*path), flags=re.M))["keys"]
        return {key["path"]: {value["name"]: value for value in key["values"]} for key in keys}

    def check_peinit(self):
        keys = self.keys_of(self.unit_folder, "eventd.reg")
        self.expect(set(keys) == {"Machine\\System\\Services\\eventd", "Machine\\System\\eventd"},
                    f"eventd.reg: seeds {sorted(keys)}")
        service = keys["Machine\\System\\Services\\eventd"]
        for name, value in service.items():
            self.expect(name in SERVICE_VALUES.get(value["type"], "").split(),
                        f"eventd.reg: peinit reads no {name} of type {value['type']}")
            self.expect(name not in SERVICE_CHOICES or value["data"] < SERVICE_CHOICES[name],
                        f"eventd.reg: {name} has no {value['data']}")
        unit_text = unit(read(self.unit_folder, "eventd.service"))["Service"]
        for name, other in (("StopTimeout", "TimeoutStopSec"), ("StartTimeout", "TimeoutStartSec"),
                            ("WatchdogTimeout", "WatchdogSec"), ("FdStoreMax", "FileDescriptorStoreMax"),
                            ("LimitNOFILE", "LimitNOFILE"), ("LimitCORE", "LimitCORE"), ("RestartDelay", "RestartSec")):
            self.expect(str(service.get(name, {}).get("data")) == unit_text[other],
                        f"eventd.reg: {name} is not what {other} is in eventd.service")
        self.expect(service["ImagePath"]["data"] == unit_text["ExecStart"], "eventd.reg: another program than eventd.service")
        micros = f"WATCHDOG_USEC={unit_text['WatchdogSec']}000000"
        self.expect(micros in service["Environment"]["data"], "eventd.reg: eventd is not told of the watchdog")

    def check_sockets(self):
        paths = self.keys_of(self.root, "systemd/paths.reg")["Machine\\System\\eventd"]
        values = {name: value["data"] for name, value in paths.items()}
        table = read(self.root, "sandbox/supervisor/process_table.cpp")
        for name in SOCKETS:
            file = f"eventd-{name}.socket"
            socket = unit(read(self.root, "systemd", file))["Socket"]
            path = socket.get("ListenStream", socket.get("ListenDatagram"))
            self.expect(path == values[f"{name.capitalize()}SocketPath"], f"{file}: {path} is not the path in paths.reg")
            kind = "SOCK_STREAM" if "ListenStream" in socket else "SOCK_DGRAM"
            named = re.search(rf'"{socket["FileDescriptorName"]}", SocketPath::\w+, (\w+), (\d+)', table)
            self.expect(named and named.group(1) == kind, f"{file}: the supervisor wants another kind")
            self.expect(named and named.group(2) == socket["SocketMode"], f"{file}: the supervisor has another mode")

    def check_users(self):
        made = set(re.findall(r"^u (\S+)", read(self.root, "systemd/sysusers.conf"), flags=re.M))
        setting = read(self.root, "common/config/setting_specs.cpp")
        wanted = set(re.findall(r"(?:store|queryd|ingest|kmesd|collector|sensor)=([\w-]+)", setting))
        wanted.add(unit(read(self.unit_folder, "eventd.service"))["Service"]["User"])
        self.expect(made == wanted, f"sysusers.conf: makes {sorted(made)}, wanted are {sorted(wanted)}")
        groups = set(re.findall(r"^[gu] (\S+)", read(self.root, "systemd/sysusers.conf"), flags=re.M))
        for line in read(self.root, "systemd/tmpfiles.conf").splitlines():
            fields = line.split()
            if fields and fields[0] == "d":
                self.expect(fields[3] in groups | {"root"} and fields[4] in groups | {"root"},
                            f"tmpfiles.conf: {fields[1]} belongs to nobody of sysusers.conf")

    def check_seeds(self):
        """By eventd's own reader: shape, types, and that every required setting is there."""
        for file in (os.path.join(self.root, "systemd/paths.reg"), os.path.join(self.unit_folder, "eventd.reg")):
            checked = subprocess.run([self.program, "--check", "--registry", file], capture_output=True, text=True,
                                     timeout=30)
            self.expect(checked.returncode == 0, checked.stderr.strip())

    def analyze(self, folder, *arguments):
        return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, cwd=folder,
                              env={**os.environ, "SYSTEMD_PAGER": "", "SYSTEMD_UNIT_PATH": f"{folder}:"})

    def check_exposure(self):
        with tempfile.TemporaryDirectory() as folder:
            text = read(self.unit_folder, "eventd.service")
            # Nothing is installed where the unit says.
            text = re.sub(r"^ExecStart=.*$", f"ExecStart={self.program}", text, flags=re.M)
            with open(os.path.join(folder, "eventd.service"), "w", encoding="utf-8") as file:
                file.write(text)
            units = ["eventd.service"]
            for name in SOCKETS:
                shutil.copy(os.path.join(self.root, "systemd", f"eventd-{name}.socket"), folder)
                units.append(f"eventd-{name}.socket")
            verified = self.analyze(folder, "verify", "--man=no", *(os.path.join(folder, name) for name in units))
            ours = [line for line in verified.stderr.splitlines() if "eventd" in line]
            self.expect(not ours, "systemd-analyze verify: " + "; ".join(ours))
            judged = self.analyze(folder, "security", "--offline=true", f"--threshold={EXPOSURE_MAX}",
                                  os.path.join(folder, "eventd.service"))
            overall = [line for line in judged.stdout.splitlines() if "Overall" in line]
            self.expect(judged.returncode == 0, "systemd-analyze security: " + "".join(overall or [judged.stderr]))
            print("".join(overall).lstrip("→ "))


def main():
    checker = Checker(*sys.argv[1:4])
    checker.check_service()
    checker.check_sockets()
    checker.check_users()
    checker.check_peinit()
    checker.check_seeds()
    has_systemd = shutil.which("systemd-analyze") is not None
    if has_systemd:
        checker.check_exposure()
    for finding in checker.findings:
        print(finding)
    if checker.findings:
        return 1
    if not has_systemd:
        print("no systemd-analyze here: neither verified nor judged")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
