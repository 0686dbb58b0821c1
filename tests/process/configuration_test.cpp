// The life of the configuration while the group runs: files are watched, live settings reach every
// process at once, the others wait and are shown as waiting, nonsense is kept out and shown with
// its reason, and what eventd does not know it never repeats.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/text_search.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace base = evd::base;
namespace test = evd::test;
using test::ask;
using test::contains;
using test::evctl;

namespace {

// A second, and what it takes to ask on a machine that is busy.
constexpr int64_t kAtOnceMs = 2500;
constexpr int kSaidSeconds = 30;
constexpr int64_t kNextLookMs = 12'000;  // of a sensor that looks every second, not every 15
constexpr const char* kSecret = "hunter2-do-not-repeat";

std::string status(const test::StateFolder& state) {
    return ask(state, "status").output;
}

// Replaces the group's file in one step, as an editor does.
void write(const test::StateFolder& state, const std::string& text) {
    std::ofstream(state.below("fresh")) << text;
    std::filesystem::rename(state.below("fresh"), state.below("test.reg"));
}

std::string registry(const std::string& values, const std::string& linux_values = "") {
    return base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [)", values,
                     R"(]}, {"path": "Machine/System/eventd/Linux", "values": [)", linux_values,
                     "]}]}");
}

std::string dword(const char* name, int number) {
    return base::cat(R"({"name": ")", name, R"(", "type": "dword", "data": )", number, "}");
}

template <typename Holds>
bool comesTrue(const Holds& holds) {
    return test::waitUntil(test::kPatienceMs, holds);
}

int64_t measure(const std::string& shown, const std::string& name) {
    const auto number = test::numberBehind(shown, base::cat('"', name, "\":"));
    return number ? static_cast<int64_t>(*number) : -1;
}

}  // namespace

TEST_CASE("configuration: a changed file is noticed, and every process follows within a moment") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const std::string long_question = "EVENTS TAKE 1 -- " + std::string(2000, 'x');
    CHECK(evctl(state, {long_question}).status == 0);
    const auto samples = [&] { return measure(status(state), "host_metrics.samples_sent"); };
    REQUIRE(comesTrue([&] { return samples() > 0; }));
    write(state,
          registry(dword("MaxQueryMessageBytes", 1024), dword("HostMetricsIntervalSeconds", 1)));
    const int64_t queryd_ms =
        test::msUntil(test::kPatienceMs, [&] { return evctl(state, {long_question}).status == 1; });
    CHECK(queryd_ms >= 0);
    CHECK(queryd_ms <= kAtOnceMs);
    const std::string changes = "EVENTS synthetic.config_change SELECT key, old, new";
    CHECK(comesTrue([&] {
        const auto told = ask(state, changes).output;
        return contains(told, R"("key":"MaxQueryMessageBytes","new":1024,"old":65536)") &&
               contains(told, R"("new":1,"old":15)");
    }));
    // Until now the sensor looked every 15 seconds.
    for (int look = 0; look < 3; ++look) {
        const int64_t before = samples();
        CHECK(test::waitUntil(kNextLookMs, [&] { return samples() > before; }));
    }
    CHECK(group.stop() == 0);
}

TEST_CASE("configuration: what changes during the start is taken over after it (Spec §10.1)") {
    const test::StateFolder state;
    test::Group group(state, {});
    // The store is started when the configuration has been read, and the others behind it.
    REQUIRE(comesTrue([&] { return group.signalChild("eventd-store", SIGSTOP); }));
    write(state, registry(dword("MaxBatchSize", 500)));
    CHECK_FALSE(contains(group.stderrText(), "eventd: ready"));  // else this proves nothing
    REQUIRE(group.signalChild("eventd-store", SIGCONT));
    REQUIRE(group.waitReady());
    CHECK(group.waitForStderr("MaxBatchSize is now 500, was 10000", kSaidSeconds));
    const auto said = group.stderrText();
    CHECK(said.find("eventd: ready") < said.find("MaxBatchSize is now"));
    const std::string changes = "EVENTS synthetic.config_change SELECT key, old, new";
    CHECK(comesTrue([&] {
        return contains(ask(state, changes).output,
                        R"("key":"MaxBatchSize","new":500,"old":10000)");
    }));
    CHECK(group.stop() == 0);
}

TEST_CASE("configuration: the memory of questions may change while queryd runs") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    write(state, registry(R"({"name": "MaxQueryMemoryBytes", "type": "qword", "data": 16777216})"));
    CHECK(group.waitForStderr("MaxQueryMemoryBytes is now 16777216, was 268435456", kSaidSeconds));
    CHECK_FALSE(contains(status(state), R"("name":"MaxQueryMemoryBytes")"));
    CHECK(group.stop() == 0);
}

TEST_CASE("configuration: what needs a start is shown as waiting, with both values") {
    const test::StateFolder state;
    test::GroupOptions options;
    options.values.push_back({"", "StorageShards", "dword", "2"});
    options.values.push_back(
        {"Linux", "SyslogSocketPath", "sz", base::cat('"', state.below("syslog.sock"), '"')});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    CHECK(contains(status(state), R"("settings":[],)"));
    write(state, registry(dword("StorageShards", 4)));
    const std::string shards =
        R"({"configured":"4","name":"StorageShards","refused":null,"running":"2"})";
    CHECK(comesTrue([&] { return contains(status(state), shards); }));
    CHECK(contains(status(state),
                   base::cat(R"({"configured":"","name":"Linux\\SyslogSocketPath","refused":null,)",
                             R"("running":")", state.below("syslog.sock"))));
    const auto shown = evctl(state, {"status"}).output;
    CHECK(contains(shown, "StorageShards"));
    CHECK(contains(shown, "waits for the next start"));
    // An upgrade is no start: the group is still made as it was.
    group.signal(SIGUSR2);
    REQUIRE(group.waitForStderr("upgrade: complete", 60));
    CHECK(contains(status(state), shards));
    write(state, registry(dword("StorageShards", 2)));
    CHECK(comesTrue([&] { return !contains(status(state), "StorageShards"); }));
    CHECK(group.stop() == 0);
}

TEST_CASE("configuration: nonsense is kept out, shown with its reason, and forgotten when mended") {
    const test::StateFolder state;
    test::GroupOptions options;
    options.values.push_back({"", "MaxBatchSize", "dword", "7"});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    const std::string refused = R"({"configured":"7","name":"MaxBatchSize","refused":")";
    CHECK(contains(status(state), refused));  // from the start on
    CHECK(contains(status(state), R"("running":"10000"})"));
    write(state, registry(dword("MaxBatchSize", 500)));
    CHECK(comesTrue([&] { return !contains(status(state), "MaxBatchSize"); }));
    write(state, registry(dword("MaxBatchSize", 200'000)));
    CHECK(comesTrue([&] {
        const auto shown = status(state);
        return contains(shown, R"("configured":"200000","name":"MaxBatchSize")") &&
               contains(shown, R"("running":"500"})");
    }));
    write(state, "{\"keys\": [");
    CHECK(comesTrue([&] { return contains(evctl(state, {"status"}).output, "test.reg"); }));
    write(state, registry(dword("MaxBatchSize", 500)));
    CHECK(comesTrue([&] { return contains(status(state), R"("settings":[],"started")"); }));
    CHECK(group.stop() == 0);
}

TEST_CASE("configuration: what is not ours is never repeated, whatever is wrong with the file") {
    const test::StateFolder state;
    test::Group group(state, {});
    REQUIRE(group.waitReady());
    const std::string token =
        base::cat(R"({"name": "ApiToken", "type": "sz", "data": ")", kSecret, R"("})");
    const std::vector<std::string> files = {
        registry(base::cat(token, ", ", dword("MaxBatchSize", 3))),
        registry(token) + " trailing",
        base::cat(R"({"keys": [{"path": "x", "values": [)", token),
        base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [)",
                  R"({"name": "ApiToken", "type": "dword", "data": ")", kSecret, R"("}]}]})"),
        base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [)",
                  R"({"name": "ApiToken", "type": ")", kSecret, R"(", "data": 1}]}]})"),
        base::cat("{\"", kSecret, "\n: 1}"),
        base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [)",
                  R"({"name": "ApiToken", "type": "sddl", "data": ")", kSecret, R"("}]}]})"),
        base::cat(R"({"keys": [{"path": "Machine/System/other", "values": ")", kSecret, R"("}]})"),
        base::cat(kSecret),
    };
    for (const auto& file : files) {
        CAPTURE(file);
        write(state, file);
        const size_t before = group.stderrText().size();
        CHECK(comesTrue([&] { return contains(group.stderrText().substr(before), "test.reg"); }));
        CHECK_FALSE(contains(status(state), kSecret));
        CHECK_FALSE(contains(evctl(state, {"status"}).output, kSecret));
        const auto checked =
            test::runCommand({test::programPath("eventd"), "--check", "--state", state.path(),
                              "--registry", state.below("test.reg")});
        CHECK(checked.status == 1);
        CHECK_FALSE(contains(checked.output + checked.errors, kSecret));
    }
    CHECK_FALSE(contains(ask(state, "EVENTS synthetic.*").output, kSecret));
    CHECK_FALSE(contains(group.stderrText(), kSecret));
    CHECK(group.stop() == 0);
}
