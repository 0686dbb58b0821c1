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

// What the forger in the place of that program reports of its attempts.
void checkOutcome(const std::string& report, const std::string& program, const char* outcome,
                  const std::vector<std::string>& attempts) {
    for (const auto& attempt : attempts) {
        CAPTURE(program);
        CAPTURE(attempt);
        CHECK(report.find(base::cat("    forged.", program, ".", attempt, " ", outcome, "\n")) !=
              std::string::npos);
    }
}

void checkRefused(const std::string& report, const std::string& program,
                  const std::vector<std::string>& attempts) {
    checkOutcome(report, program, "1", attempts);
}

// What each may, it may, at the end too; so the rest was not refused for a connection that was
// gone.
void checkTaken(const std::string& report, const std::string& program,
                const std::vector<std::string>& attempts) {
    checkOutcome(report, program, "0", attempts);
    checkOutcome(report, program, "1", {"done"});
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
    const auto allowed = countOf(state, "LOGS FROM allowed COUNT");
    CHECK(allowed.find("\"count\":1") != std::string::npos);
    const std::string report = reportOf(group);
    // Another edge's work, the supervisor's favours, another's numbers.
    checkRefused(report, "eventd-ingest",
                 {"events", "index", "park", "status", "log-before-hello", "hello-as-another",
                  "log-numbered-0", "too-many-logs"});
    checkTaken(report, "eventd-ingest", {"hello-from-somebody", "log"});
    // Another edge's work, records, a ring that is not there, bytes that are no events, a receipt
    // for events that were not sent.
    checkRefused(report, "eventd-collector",
                 {"records", "index", "park", "status", "hello-again", "cpu-not-there", "nonsense",
                  "receipt-for-nothing", "more-than-sent", "gap-backwards", "gap-elsewhere",
                  "too-many-gaps"});
    checkTaken(report, "eventd-collector", {"hello", "gap"});
}

TEST_CASE("forged messages: from a queryd") {
    const test::StateFolder state;
    const test::StateFolder programs;
    makePrograms(programs, {"eventd-queryd"});
    test::Group group(state, optionsFor(programs));
    REQUIRE(group.waitReady());
    REQUIRE(group.waitForStderr("eventd-queryd: all was tried", kTriedSeconds));
    const std::string report = reportOf(group);
    checkRefused(
        report, "eventd-queryd",
        {"events", "records", "park", "index-of-nothing", "too-many-fields", "too-many-rollups"});
    checkTaken(report, "eventd-queryd", {"stable-id"});
    CHECK(report.find("eventd-store: running") != std::string::npos);
}
