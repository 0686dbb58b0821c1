// The upgrade in place, on the real group: SIGUSR2 replaces one program after another by what its
// file holds then. Under load nothing may be missing afterwards, not an event, not a log line or a
// sample that a socket has taken, and not a record from what a follower is shown.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/event_follower.h"
#include "tests/support/event_load.h"
#include "tests/support/exactly_once.h"
#include "tests/support/group.h"
#include "tests/support/record_load.h"
#include "tests/support/text_search.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <map>

namespace test = evd::test;
namespace fs = std::filesystem;
using evd::base::cat;

namespace {

constexpr const char* kEventType = "upgrade.event";
constexpr const char* kRecordName = "upgrade-load";
constexpr int kUpgradeSeconds = 120;
constexpr int kRounds = 3;
constexpr uint64_t kEventsBefore = 100;
const std::vector<std::string> kNames = {"eventd-store", "eventd-queryd",    "eventd-ingest",
                                         "eventd-kmesd", "eventd-collector", "eventd-sensor"};

test::CommandResult status(const test::StateFolder& state) {
    return test::ask(state, "status");
}

void checkEvents(const test::StateFolder& state, const test::EventLoad& load) {
    const auto report = test::checkExactlyOnce(state.below("events"), kEventType);
    for (const auto& violation : test::checkAcknowledged(report, load.acknowledged())) {
        FAIL_CHECK(violation);
    }
}

// A folder of programs that can be exchanged: eventd itself, and a link for each of the others.
class Installation {
  public:
    Installation() {
        fs::copy_file(test::programPath("eventd"), folder_ / "eventd");
        for (const auto& name : kNames) {
            install(name, test::programPath(name));
        }
    }
    std::string program() const { return folder_ / "eventd"; }
    std::string pathOf(const std::string& name) const { return folder_ / name; }
    // As a package manager does it: the new file takes the name in one step.
    void install(const std::string& name, const std::string& target) const {
        const std::string fresh = pathOf(name + ".new");
        fs::create_symlink(target, fresh);
        fs::rename(fresh, pathOf(name));
    }
    void installCopy(const std::string& name) const {
        const std::string fresh = pathOf(name + ".new");
        fs::copy_file(test::programPath(name), fresh);
        fs::rename(fresh, pathOf(name));
    }

  private:
    test::TemporaryDirectory folder_;
};

}  // namespace

TEST_CASE("upgrade: under load every program is replaced and nothing is lost or doubled") {
    const test::StateFolder state;
    test::Group group(state, test::smallGroup());
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType);
    test::RecordLoad records(state.below("run/log.sock"), state.below("run/metric.sock"),
                             kRecordName);
    test::EventDiary diary(kEventType);
    test::EventFollower follower(state.below("run/rpc.sock"), /*seed=*/1, diary);
    for (size_t round = 1; round <= kRounds; ++round) {
        std::map<std::string, pid_t> before;
        for (const auto& name : kNames) {
            before[name] = group.childPid(name);
            REQUIRE(before[name] > 0);
        }
        group.signal(SIGUSR2);
        REQUIRE(test::waitUntil(kUpgradeSeconds * 1000, [&] {
            return test::countIn(group.stderrText(), "upgrade: complete, 6 of 6") == round;
        }));
        for (const auto& name : kNames) {
            CAPTURE(name);
            CHECK(group.childPid(name) > 0);
            CHECK(group.childPid(name) != before[name]);
        }
        test::pauseMs(200);
    }
    load.stop();
    records.stop();
    CHECK(test::waitUntil(test::kPatienceMs, [&] { return diary.knowsAll(load.acknowledged()); }));
    follower.stop();
    const auto shown = status(state);
    CHECK(shown.output.find("upgrade: complete, 6 of 6 programs replaced") != std::string::npos);
    CHECK(shown.output.find("ended for its successor") != std::string::npos);
    CHECK(group.stop() == 0);

    checkEvents(state, load);
    for (const auto& complaint : diary.complaints()) {
        FAIL_CHECK(complaint);
    }
    const auto lines = test::storedLines(state.path(), kRecordName);
    for (const auto& complaint : test::complaintsAbout(lines, records.lines(), 0)) {
        FAIL_CHECK(cat("lines: ", complaint));
    }
    const auto samples = test::storedSamples(state.path(), kRecordName);
    for (const auto& complaint : test::complaintsAbout(samples, records.samples(), 0)) {
        FAIL_CHECK(cat("samples: ", complaint));
    }
    MESSAGE(cat(load.acknowledged().size(), " events, ", records.lines(), " lines, ",
                records.samples(), " samples, ", follower.connections(), " connections"));
}

TEST_CASE("upgrade: a new program file takes effect, a second request meanwhile is ignored") {
    const Installation installed;
    const test::StateFolder state;
    test::GroupOptions options = test::smallGroup();
    options.program = installed.program();
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    const auto executed = [&](const std::string& name) {
        return fs::read_symlink(cat("/proc/", group.childPid(name), "/exe")).string();
    };
    CHECK(executed("eventd-queryd") != installed.pathOf("eventd-queryd"));
    installed.installCopy("eventd-queryd");
    group.signal(SIGUSR2);
    REQUIRE(group.waitForStderr("upgrade: replacing eventd-store", kUpgradeSeconds));
    group.signal(SIGUSR2);
    REQUIRE(group.waitForStderr("upgrade: complete", kUpgradeSeconds));
    CHECK(executed("eventd-queryd") == installed.pathOf("eventd-queryd"));
    CHECK(group.waitForStderr("ignoring it", kUpgradeSeconds));
    CHECK(test::countIn(group.stderrText(), "upgrade: complete") == 1);
    CHECK(group.stop() == 0);
}

TEST_CASE("upgrade: a program that does not start ends it with a reason, and can be put right") {
    const Installation installed;
    const test::StateFolder state;
    test::GroupOptions options = test::smallGroup();
    options.program = installed.program();
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    test::EventLoad load(state.below("run/kmes.sock"), kEventType);
    const pid_t untouched = group.childPid("eventd-ingest");
    installed.install("eventd-queryd", "/bin/false");
    group.signal(SIGUSR2);
    REQUIRE(group.waitForStderr("upgrade: stopped at eventd-queryd", kUpgradeSeconds));
    installed.install("eventd-queryd", test::programPath("eventd-queryd"));
    CHECK(test::waitUntil(test::kPatienceMs, [&] { return status(state).status == 0; }));
    CHECK(group.childPid("eventd-ingest") == untouched);
    const auto shown = status(state).output;
    CHECK(shown.find("upgrade: stopped at eventd-queryd, whose successor did not start (exited "
                     "with status 1), 1 of 6 programs replaced") != std::string::npos);
    load.stop();
    CHECK(group.stop() == 0);
    checkEvents(state, load);
}

TEST_CASE("upgrade: a stop has precedence at any moment of it") {
    for (const int after_ms : {0, 20, 60, 150, 400}) {
        CAPTURE(after_ms);
        const test::StateFolder state;
        test::Group group(state, test::smallGroup());
        REQUIRE(group.waitReady());
        test::EventLoad load(state.below("run/kmes.sock"), kEventType);
        REQUIRE(test::waitUntil(test::kPatienceMs,
                                [&] { return load.acknowledgedCount() >= kEventsBefore; }));
        group.signal(SIGUSR2);
        test::pauseMs(after_ms);
        CHECK(group.stop() == 0);
        load.stop();
        checkEvents(state, load);
    }
}
