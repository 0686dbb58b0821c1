#include "common/config/configuration.h"

#include "common/base/text.h"
#include "common/config/registry_file.h"
#include "common/config/setting_check.h"
#include "common/config/socket_paths.h"

#include "tests/unit/common/config/text_registry.h"

#include <doctest/doctest.h>

namespace access = evd::access;
namespace base = evd::base;
namespace config = evd::config;
using evd::test::TextRegistry;

namespace {

config::Configuration loadState(TextRegistry& registry,
                                const config::Settings* previous = nullptr) {
    return config::loadConfiguration({&registry, "/tmp/s", previous});
}

std::string value(const char* name, const char* type, const char* data) {
    return base::cat(R"({"name": ")", name, R"(", "type": ")", type, R"(", "data": )", data, "}");
}

}  // namespace

TEST_CASE("configuration: a state folder alone is enough") {  // Contracts §2
    TextRegistry registry;
    const auto loaded = loadState(registry);
    CHECK(loaded.usable());
    CHECK(loaded.problems.empty());
    CHECK(loaded.settings.text("EventStorePath") == "/tmp/s/events/");
    CHECK(loaded.settings.text("LogStorePath") == "/tmp/s/logs.db");
    CHECK(loaded.settings.text("MetricStorePath") == "/tmp/s/metrics.db");
    const auto paths = config::socketPaths(loaded.settings);
    CHECK(paths.query == "/tmp/s/run/query.sock");
    CHECK(paths.rpc == "/tmp/s/run/rpc.sock");
    CHECK(paths.log == "/tmp/s/run/log.sock");
    CHECK(paths.metric == "/tmp/s/run/metric.sock");
    CHECK(paths.kmes == "/tmp/s/run/kmes.sock");
    CHECK(paths.notices == "/tmp/s/run/notices.sock");
}

TEST_CASE("configuration: a relative state folder becomes absolute") {
    TextRegistry registry;
    const auto loaded = config::loadConfiguration({&registry, "./x/../state", nullptr});
    CHECK(loaded.settings.text("QuerySocketPath").front() == '/');
    CHECK(loaded.settings.text("QuerySocketPath").ends_with("/state/run/query.sock"));
}

TEST_CASE("configuration: a state folder whose sockets would not fit refuses the start") {
    TextRegistry registry;
    const auto loaded =
        config::loadConfiguration({&registry, base::cat("/", std::string(100, 'x')), nullptr});
    CHECK_FALSE(loaded.usable());
}

TEST_CASE("configuration: without a state folder each required key is asked for by name") {
    TextRegistry registry;
    const auto loaded = config::loadConfiguration({&registry, "", nullptr});
    CHECK_FALSE(loaded.usable());
    REQUIRE(loaded.problems.size() == 6);
    CHECK(loaded.problems[0].key == "Machine\\System\\eventd\\EventStorePath");
    CHECK(loaded.problems[0].refuses_start);
}

TEST_CASE("configuration: the registry wins over the state folder, and rpc follows query") {
    TextRegistry registry;
    registry.set(value("QuerySocketPath", "sz", "\"/run/e/q.sock\""));
    const auto loaded = loadState(registry);
    CHECK(loaded.settings.text("QuerySocketPath") == "/run/e/q.sock");
    CHECK(loaded.sources.at("QuerySocketPath") == "t.reg");
    CHECK(config::socketPathsBeside("/run/e/q.sock").rpc == "/run/e/rpc.sock");
    CHECK(config::socketPathsBeside("q.sock").log == "log.sock");
}

TEST_CASE("configuration: rpc follows a query path that a reload keeps from before") {
    TextRegistry registry;
    std::string values;
    for (const char* name : {"EventStorePath", "LogStorePath", "MetricStorePath", "LogSocketPath",
                             "MetricSocketPath"}) {
        values += base::cat(values.empty() ? "" : ",", value(name, "sz", "\"/x/f\""));
    }
    registry.set(base::cat(values, ",", value("QuerySocketPath", "sz", "\"/run/e/q.sock\"")));
    const auto before = config::loadConfiguration({&registry, "", nullptr});
    REQUIRE(before.usable());
    registry.set(values);
    const auto after = config::loadConfiguration({&registry, "", &before.settings});
    CHECK(after.settings.text("QuerySocketPath") == "/run/e/q.sock");
    CHECK(after.settings.text("RpcSocketPath") == "/run/e/rpc.sock");
    CHECK(config::applyLive(before.settings, after.settings).waiting.empty());
}

TEST_CASE("configuration: an optional value at its limits is taken, one beyond keeps the default") {
    struct Row {
        const char* data;
        uint64_t expected;
        size_t problems;
    };
    for (const Row& row : {Row{"100", 100, 0}, Row{"99", 10'000, 1}, Row{"100000", 100'000, 0},
                           Row{"100001", 10'000, 1}}) {
        TextRegistry registry;
        registry.set(value("maxBATCHsize", "dword", row.data));
        const auto loaded = loadState(registry);
        CHECK(loaded.usable());
        CHECK(loaded.settings.number("MaxBatchSize") == row.expected);
        REQUIRE(loaded.problems.size() == row.problems);
        if (row.problems > 0) {
            CHECK(config::formatProblem(loaded.problems[0]) ==
                  base::cat("t.reg: Machine\\System\\eventd\\MaxBatchSize: ", row.data,
                            ": must be from 100 to 100000"));
        }
    }
}

TEST_CASE("configuration: a wrong type is reported once and the default stays") {
    for (const char* entry : {R"({"name": "MaxBatchSize", "type": "qword", "data": 500})",
                              R"({"name": "MaxBatchSize", "type": "dword", "data": "500"})",
                              R"({"name": "MaxBatchSize", "type": "sddl", "data": "D:"})",
                              R"({"name": "MaxBatchSize", "type": "nonsense", "data": 500})"}) {
        CAPTURE(entry);
        TextRegistry registry;
        registry.set(entry);
        const auto loaded = loadState(registry);
        CHECK(loaded.usable());
        CHECK(loaded.problems.size() == 1);
        CHECK(loaded.settings.number("MaxBatchSize") == 10'000);
    }
}

TEST_CASE("configuration: a required key that is set to nonsense refuses the start") {
    for (const char* entry : {R"({"name": "QuerySocketPath", "type": "sz", "data": ""})",
                              R"({"name": "QuerySocketPath", "type": "sz", "data": "relative"})",
                              R"({"name": "QuerySocketPath", "type": "dword", "data": 1})",
                              R"({"name": "QuerySocketPath", "type": "sz", "data": 1})"}) {
        CAPTURE(entry);
        TextRegistry registry;
        registry.set(entry);
        CHECK_FALSE(loadState(registry).usable());
    }
}

TEST_CASE("configuration: at a reload an invalid value keeps what was in force") {
    TextRegistry registry;
    registry.set(value("MaxBatchSize", "dword", "700"));
    const auto first = loadState(registry);
    registry.set(base::cat(value("MaxBatchSize", "dword", "7"), ",",
                           value("QuerySocketPath", "sz", "\"\"")));
    const auto second = loadState(registry, &first.settings);
    CHECK(second.usable());
    CHECK(second.problems.size() == 2);
    CHECK(second.settings.number("MaxBatchSize") == 700);
    CHECK(second.settings.text("QuerySocketPath") == "/tmp/s/run/query.sock");
}

TEST_CASE("configuration: a drop threshold must lie below its create threshold") {  // Spec §12
    TextRegistry registry;
    registry.set(base::cat(value("AdaptiveIndexCreateThreshold", "dword", "50"), ",",
                           value("AdaptiveIndexDropThreshold", "dword", "49")));
    CHECK(loadState(registry).settings.number("AdaptiveIndexDropThreshold") == 49);
    registry.set(base::cat(value("AdaptiveIndexCreateThreshold", "dword", "50"), ",",
                           value("AdaptiveIndexDropThreshold", "dword", "50")));
    const auto loaded = loadState(registry);
    CHECK(loaded.problems.size() == 1);
    CHECK(loaded.settings.number("AdaptiveIndexCreateThreshold") == 100);
    CHECK(loaded.settings.number("AdaptiveIndexDropThreshold") == 10);

    registry.set(base::cat(value("AdaptiveRollupCreateThreshold", "dword", "20"), ",",
                           value("AdaptiveRollupDropThreshold", "dword", "19")));
    CHECK(loadState(registry).settings.number("AdaptiveRollupDropThreshold") == 19);
    registry.set(base::cat(value("AdaptiveRollupCreateThreshold", "dword", "20"), ",",
                           value("AdaptiveRollupDropThreshold", "dword", "20")));
    const auto of_rollups = loadState(registry);
    CHECK(of_rollups.problems.size() == 1);
    CHECK(of_rollups.settings.number("AdaptiveRollupCreateThreshold") == 50);
    CHECK(of_rollups.settings.number("AdaptiveRollupDropThreshold") == 5);
}

TEST_CASE("configuration: words with a fixed choice are of that choice") {
    TextRegistry registry;
    registry.set(base::cat(value("Linux/KmesBackend", "sz", "\"BuiltIn\""), ",",
                           value("Linux\\\\Sensors", "multi", "[\"process\", \"radar\"]"), ",",
                           value("Linux\\\\BootId", "sz", "\"not a guid\"")));
    const auto loaded = loadState(registry);
    CHECK(loaded.settings.text("Linux\\KmesBackend") == "builtin");
    CHECK(loaded.settings.list("Linux\\Sensors").size() == 3);
    CHECK(loaded.settings.text("Linux\\BootId").empty());
    CHECK(loaded.problems.size() == 2);
}

TEST_CASE("configuration: a long value is shown up to a whole character") {
    TextRegistry registry;
    std::string umlauts = "a";
    for (int i = 0; i < 100; ++i) {
        umlauts += "\xc3\xa4";
    }
    registry.set(value("Linux\\\\BootId", "sz", base::cat("\"", umlauts, "\"").c_str()));
    const auto loaded = loadState(registry);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].value == umlauts.substr(0, 79) + "...");
}

TEST_CASE(
    "configuration: a word that is none of the choice keeps the default and is told the choice") {
    TextRegistry registry;
    registry.set(value("Linux\\\\KmesBackend", "sz", "\"kernal\""));
    const auto loaded = loadState(registry);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].reason.find("must be one of") == 0);
    CHECK(loaded.settings.text("Linux\\KmesBackend") != "kernal");
}

TEST_CASE("configuration: a list has so many entries of so many bytes, and no more") {
    const auto problemsOf = [](size_t entries, size_t bytes) {
        std::string data;
        for (size_t i = 0; i < entries; ++i) {
            data += base::cat(i == 0 ? "[\"" : ", \"", std::string(bytes, 'g'), "\"");
        }
        TextRegistry registry;
        registry.set(value("Linux\\\\AdminGroups", "multi", (data + "]").c_str()));
        const auto loaded = loadState(registry);
        const bool taken = loaded.settings.list("Linux\\AdminGroups").front().front() == 'g';
        CHECK(taken == loaded.problems.empty());
        return loaded.problems.size();
    };
    CHECK(problemsOf(64, 1) == 0);
    CHECK(problemsOf(65, 1) == 1);
    CHECK(problemsOf(1, config::kListItemBytesMax) == 0);
    CHECK(problemsOf(1, config::kListItemBytesMax + 1) == 1);
    TextRegistry empty;
    empty.set(value("Linux\\\\AdminGroups", "multi", "[\"\"]"));
    CHECK(loadState(empty).problems.size() == 1);
}

TEST_CASE("configuration: a long value is shown in part when it is refused") {
    TextRegistry registry;
    const std::string text = base::cat('"', std::string(5'000, 'a'), '"');
    registry.set(value("QuerySocketPath", "sz", text.c_str()));
    const auto loaded = loadState(registry);
    CHECK_FALSE(loaded.usable());
    REQUIRE(loaded.problems.size() == 1);
    const std::string told = config::formatProblem(loaded.problems[0]);
    CHECK(told.find("aaa...") != std::string::npos);
    CHECK(told.size() < 500);
}

TEST_CASE("configuration: unknown values are passed over in silence") {  // Spec §12
    TextRegistry registry;
    registry.set(value("FutureSetting", "dword", "1"));
    CHECK(loadState(registry).problems.empty());
}

TEST_CASE("configuration: a registry that is not known in full shows things to SYSTEM alone") {
    TextRegistry registry;
    registry.set(value("Security\\\\Logs\\\\*", "sddl", "\"O:SYG:SYD:P(A;;0x1;;;WD)\""));
    const auto open = loadState(registry).settings.security();
    registry.is_complete = false;
    const auto closed = loadState(registry);
    CHECK(closed.usable());
    CHECK(closed.settings.security() == access::systemPolicy());
    CHECK(closed.settings.security() != open);
    CHECK(closed.problems.back().reason.find("only SYSTEM") != std::string::npos);
    // A reload does not open it while it is not known, and takes nothing from a group that has one.
    CHECK(loadState(registry, &closed.settings).settings.security() == access::systemPolicy());
    config::Settings running = closed.settings;
    running.setSecurity(open);
    CHECK(loadState(registry, &running).settings.security() == open);
    registry.is_complete = true;
    CHECK(loadState(registry, &closed.settings).settings.security() == open);
}

TEST_CASE("configuration: only what may change live changes in a running group") {  // Spec §10.1
    TextRegistry registry;
    const auto running = loadState(registry);
    registry.set(base::cat(value("MaxBatchSize", "dword", "500"), ",",
                           value("StorageShards", "dword", "4"), ",",
                           value("QuerySocketPath", "sz", "\"/elsewhere\"")));
    const auto change = config::applyLive(running.settings, loadState(registry).settings);
    REQUIRE(change.applied.size() == 1);
    CHECK(change.applied[0].name == "MaxBatchSize");
    CHECK(change.applied[0].old_text == "10000");
    CHECK(change.applied[0].new_text == "500");
    CHECK(change.waiting.size() == 2);
    CHECK(change.settings.number("StorageShards") == 0);
    CHECK(change.settings.text("QuerySocketPath") == "/tmp/s/run/query.sock");
    CHECK(config::applyLive(running.settings, running.settings).applied.empty());
}

TEST_CASE("configuration: a setting without default that is taken away waits for a start") {
    TextRegistry registry;
    registry.setKeys(base::cat(R"({"path": "Machine/System/eventd/Linux", "values": [)",
                               value("SyslogSocketPath", "sz", "\"/run/log\""), "]}"));
    const auto running = loadState(registry);
    TextRegistry empty;
    const auto change = config::applyLive(running.settings, loadState(empty).settings);
    CHECK(change.applied.empty());
    REQUIRE(change.waiting.size() == 1);
    CHECK(change.waiting[0].name == "Linux\\SyslogSocketPath");
    CHECK(change.waiting[0].old_text == "/run/log");
    CHECK(change.waiting[0].new_text.empty());
    CHECK(change.settings.text("Linux\\SyslogSocketPath") == "/run/log");
}
