// Programs that an attacker has replaced say over their edges what they have no right to say
// (attack/forger_service.cpp). All of it is refused, nothing of it is stored, and the group goes
// on.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace base = evd::base;
namespace fs = std::filesystem;
namespace test = evd::test;

namespace {

constexpr int kTriedSeconds = 20;

// A folder with the product's programs, in which some are the forger.
void makePrograms(const test::StateFolder& folder, const std::vector<std::string>& forged) {
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    for (const char* program : {"eventd-store", "eventd-queryd", "eventd-ingest", "eventd-kmesd",
                                "eventd-collector", "eventd-sensor"}) {
        const bool is_forged = std::find(forged.begin(), forged.end(), program) != forged.end();
        fs::create_symlink(test::programPath(is_forged ? "forger" : program),
                           folder.below(program));
    }
    // It looks for the others beside its own file, so it is no link.
    fs::copy_file(test::programPath("eventd"), folder.below("eventd"));
}

// The attempts that the forger reports in its measures, each with 1 for "refused".
void checkRefused(const std::string& report, const std::vector<std::string>& attempts) {
    for (const auto& attempt : attempts) {
        CAPTURE(attempt);
        CHECK(report.find(base::cat("    forged.", attempt, " 1\n")) != std::string::npos);
    }
}

test::GroupOptions optionsFor(const test::StateFolder& programs) {
    test::GroupOptions options;
    options.program = programs.below("eventd");
    return options;
}

std::string countOf(const test::StateFolder& state, const std::string& question) {
    return test::ask(state, question).output;
}

// The measures come with the next heartbeat, and with the report anew.
std::string reportOf(test::Group& group) {
    group.signal(SIGQUIT);
    CHECK(group.waitExit(test::kStopSeconds) == 0);
    return group.stderrText();
}

}  // namespace

TEST_CASE("forged messages: from an ingest and a collector") {
    const test::StateFolder state;
    const test::StateFolder programs;
    makePrograms(programs, {"eventd-ingest", "eventd-collector"});
    test::Group group(state, optionsFor(programs));
    REQUIRE(group.waitReady());
    REQUIRE(group.waitForStderr("eventd-ingest: all was tried", kTriedSeconds));
    REQUIRE(group.waitForStderr("eventd-collector: all was tried", kTriedSeconds));
    const auto logs = countOf(state, "LOGS FROM forged COUNT");
    CHECK(logs.find("\"count\":0") != std::string::npos);
    const std::string report = reportOf(group);
    // Of the ingest: another edge's work, the supervisor's favours, another's numbers.
    checkRefused(report, {"events", "index", "park", "status", "log-before-hello",
                          "hello-as-another", "log-numbered-0", "too-many-logs"});
    // Of the collector: records, a ring that is not there, bytes that are no events, a receipt for
    // events that were not sent.
    checkRefused(report,
                 {"records", "hello-again", "cpu-not-there", "nonsense", "receipt-for-nothing",
                  "more-than-sent", "gap-backwards", "gap-elsewhere", "too-many-gaps"});
    CHECK(report.find("    forged.done 1\n") != std::string::npos);
    // What each may, it may; so the rest was not refused for a connection that was gone.
    CHECK(report.find("    forged.hello 0\n") != std::string::npos);
    CHECK(report.find("    forged.hello-from-somebody 0\n") != std::string::npos);
}

TEST_CASE("forged messages: from a queryd") {
    const test::StateFolder state;
    const test::StateFolder programs;
    makePrograms(programs, {"eventd-queryd"});
    test::Group group(state, optionsFor(programs));
    REQUIRE(group.waitReady());
    REQUIRE(group.waitForStderr("eventd-queryd: all was tried", kTriedSeconds));
    const std::string report = reportOf(group);
    checkRefused(report, {"events", "records", "park", "index-of-nothing", "too-many-fields",
                          "too-many-rollups"});
    CHECK(report.find("    forged.done 1\n") != std::string::npos);
    CHECK(report.find("eventd-store: running") != std::string::npos);
}
