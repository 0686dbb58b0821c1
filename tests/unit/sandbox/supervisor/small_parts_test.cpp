#include "common/base/text.h"
#include "common/wire/record.h"
#include "sandbox/supervisor/audit_records.h"
#include "sandbox/supervisor/boot_id.h"
#include "sandbox/supervisor/exit_status.h"
#include "sandbox/supervisor/forbidden_call.h"
#include "sandbox/supervisor/group_ids.h"
#include "sandbox/supervisor/process_memory.h"
#include "sandbox/supervisor/setting_notices.h"
#include "sandbox/supervisor/status.h"
#include "sandbox/supervisor/stop_diary.h"
#include "sandbox/supervisor/supervisor_service.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>

namespace base = evd::base;
namespace config = evd::config;
namespace supervisor = evd::supervisor;
namespace test = evd::test;
namespace wire = evd::wire;

TEST_CASE("boot id: the setting wins over the kernel's") {
    const test::TemporaryDirectory folder;
    std::ofstream(folder / "boot_id") << "01234567-89ab-cdef-0123-456789abcdef\n";
    CHECK(base::formatGuid(supervisor::readBootId("", folder / "boot_id").value()) ==
          "{01234567-89ab-cdef-0123-456789abcdef}");
    CHECK(base::formatGuid(
              supervisor::readBootId("341d2267-b9db-536b-b36c-94ab6cd47e4c", folder / "boot_id")
                  .value()) == "{341d2267-b9db-536b-b36c-94ab6cd47e4c}");
}

TEST_CASE("boot id: without a readable one there is none") {
    const test::TemporaryDirectory folder;
    CHECK_FALSE(supervisor::readBootId("", folder / "none").ok());
    std::ofstream(folder / "boot_id") << "nonsense\n";
    CHECK_FALSE(supervisor::readBootId("", folder / "boot_id").ok());
    CHECK_FALSE(supervisor::readBootId("nonsense").ok());
}

TEST_CASE("boot id: this machine has one") {
    CHECK(supervisor::readBootId("").ok());
}

TEST_CASE("exit status: each way to end has its words") {
    CHECK(supervisor::describeExit(0) == "exited with status 0");
    CHECK(supervisor::describeExit(3 << 8) == "exited with status 3");
    CHECK(supervisor::describeExit(SIGKILL) == "was killed by signal 9 (KILL)");
    CHECK(supervisor::describeExit(SIGSYS).find("forbidden system call") != std::string::npos);
}

TEST_CASE("forbidden call: the kernel's record names the call of that process only") {
    const std::string record =
        "5,777,2312395878,-;audit: type=1326 audit(1795150732.570:780): auid=4294967295 uid=0 "
        "gid=0 ses=4294967295 pid=26128 comm=\"eventd-store\" exe=\"/x\" sig=31 arch=c000003e "
        "syscall=49 compat=0 ip=0x7f0d1f648787 code=0x80000000\n";
    CHECK(supervisor::callInRecord(record, 26128) == 49);
    CHECK_FALSE(supervisor::callInRecord(record, 2612));
    CHECK_FALSE(supervisor::callInRecord(record, 6128));
    CHECK_FALSE(supervisor::callInRecord("audit: type=1300 pid=26128 syscall=49 ", 26128));
    CHECK_FALSE(supervisor::callInRecord("audit: type=1326 pid=26128 sig=31", 26128));
    CHECK_FALSE(supervisor::callInRecord("audit: type=1326 pid=26128 syscall=", 26128));
    CHECK_FALSE(supervisor::callInRecord("audit: type=1326 pid=26128 syscall=99999999", 26128));
}

TEST_CASE("forbidden call: an audit record is the same text without the type") {
    const std::string record =
        "audit(1795186374.833:7788): auid=1 uid=0 gid=0 ses=1 pid=19122 comm=\"x\" exe=\"/x\" "
        "sig=31 arch=c000003e syscall=39 compat=0 ip=0x7f code=0x0";
    CHECK(supervisor::callOfProcess(record, 19122) == 39);
    CHECK_FALSE(supervisor::callOfProcess(record, 1912));
}

// ThreadSanitizer gives the child a second thread, which lives on when the first is killed.
#ifndef __SANITIZE_THREAD__
TEST_CASE("audit records: the kernel names the call that a process was killed for") {
    auto records = supervisor::AuditRecords::open();
    const pid_t pid = ::fork();
    if (pid == 0) {
        (void)::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        (void)::syscall(SYS_getuid);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFSIGNALED(status));
    const auto call = records.callOf(pid);
    if (call) {
        CHECK(*call == SYS_getuid);
    } else {
        MESSAGE("the kernel sends us no audit records here");
    }
    CHECK_FALSE(records.callOf(pid));  // each is told once
}
#endif

TEST_CASE("stop diary: who has taken how long, and who is waited for") {
    supervisor::StopDiary diary;
    CHECK(diary.describe(0).empty());
    diary.begin("queryd", 0);
    CHECK(diary.end("queryd", 12'000'000));
    diary.begin("store", 12'000'000);
    CHECK_FALSE(diary.end("collector", 20'000'000));
    CHECK(diary.describe(5'012'000'000) == "queryd 12 ms, store 5000 ms and not done");
    CHECK(diary.end("store", 6'012'000'000));
    CHECK(diary.describe(9'000'000'000) == "queryd 12 ms, store 6000 ms");
}

TEST_CASE("process memory: the proportional figure is read, else the resident one") {
    CHECK(supervisor::proportionalBytes("55a-7ff [rollup]\nRss:  900 kB\nPss:     123 kB\n") ==
          123 * 1024);
    CHECK(supervisor::proportionalBytes("no such line") == 0);
    CHECK(supervisor::residentBytes("1000 20 3 4 0 5 0\n", 4096) == 20 * 4096);
    CHECK(supervisor::residentBytes("", 4096) == 0);
    CHECK(supervisor::processMemoryBytes(::getpid()) > 0);
    CHECK(supervisor::processMemoryBytes(1, "/nonexistent") == 0);
}

TEST_CASE("group ids: known groups are found, unknown ones passed over") {
    CHECK(supervisor::groupIds({"root", "no-such-group-here"}) == std::vector<gid_t>{0});
    CHECK(supervisor::groupIds({}).empty());
}

TEST_CASE("setting notices: what waits and what was refused, under the names of the settings") {
    const auto settings = config::Settings::defaults();
    const auto notices = supervisor::settingNotices(
        settings, {{"StorageShards", "0", "4"}},
        {{"a.reg", "Machine\\System\\eventd\\MaxBatchSize", "7", "too small", false},
         {"b.reg", "", "", "line 3: no JSON", false},
         {"a.reg", "Machine\\System\\eventd\\Security\\Logs\\x", "", "no descriptor", false}});
    REQUIRE(notices.size() == 4);
    CHECK(notices[0] == wire::SettingNotice{"StorageShards", "0", "4", ""});
    CHECK(notices[1] == wire::SettingNotice{"MaxBatchSize", "10000", "7", "too small"});
    CHECK(notices[2] == wire::SettingNotice{"b.reg", "", "", "line 3: no JSON"});
    CHECK(notices[3] == wire::SettingNotice{"Security\\Logs\\x", "", "", "no descriptor"});
}

TEST_CASE("report: a line for each process, its measures below") {
    wire::ProcessStatus process;
    process.name = "eventd-store";
    process.state = "running";
    process.pid = 7;
    process.restarts = 1;
    process.memory_bytes = 4096;
    process.last_exit = "exited with status 9";
    process.measures = {{"shards", 2}};
    CHECK(supervisor::formatReport({process}) ==
          "report of the group\n"
          "eventd-store: running, pid 7, 1 restarts, 4 KiB, last exited with status 9\n"
          "    shards 2\n");
}

TEST_CASE("report: what was refused stands in it and nowhere else") {  // Ruling L3
    wire::ProcessStatus process;
    process.name = "eventd-ingest";
    process.measures = {{"reject.log.malformed", 3}, {"door.log.records", 2}, {"rejecting", 1}};
    const auto shown = supervisor::withoutReportMeasures({process});
    REQUIRE(shown.size() == 1);
    REQUIRE(shown[0].measures.size() == 2);
    CHECK(shown[0].measures[0].name == "door.log.records");
    CHECK(shown[0].measures[1].name == "rejecting");
    CHECK(supervisor::formatReport({process}).find("reject.log.malformed 3") != std::string::npos);
}

TEST_CASE("stop timeout: the environment may set it, nonsense may not") {
    CHECK(supervisor::stopTimeoutNs(nullptr) == supervisor::kStopTimeoutNs);
    CHECK(supervisor::stopTimeoutNs("250") == 250'000'000);
    CHECK(supervisor::stopTimeoutNs("0") == supervisor::kStopTimeoutNs);
    CHECK(supervisor::stopTimeoutNs("-1") == supervisor::kStopTimeoutNs);
    CHECK(supervisor::stopTimeoutNs("99999999999999999999") == supervisor::kStopTimeoutNs);
}
