#include "common/config/settings.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <cstdint>
#include <set>
#include <string_view>

namespace base = evd::base;
namespace config = evd::config;

TEST_CASE("settings: every name of the table is there once, whatever its case") {
    std::set<std::string> names;
    for (const auto& spec : config::settingSpecs()) {
        CHECK(names.insert(base::foldAscii(spec.name)).second);
        CHECK(config::findSettingSpec(base::foldAscii(spec.name)) == &spec);
        CHECK(spec.min <= spec.max);
        CHECK(spec.meaning.ends_with("."));
    }
    CHECK(config::findSettingSpec("NoSuchSetting") == nullptr);
}

TEST_CASE("settings: every default of a number lies in its own range") {
    const auto defaults = config::Settings::defaults();
    for (const auto& spec : config::settingSpecs()) {
        if (spec.type == config::SettingType::Dword || spec.type == config::SettingType::Qword) {
            REQUIRE(defaults.has(spec.name));
            CHECK(defaults.number(spec.name) >= spec.min);
            CHECK(defaults.number(spec.name) <= spec.max);
        }
    }
}

TEST_CASE("settings: the defaults are those of the specification") {  // Spec §12
    const auto defaults = config::Settings::defaults();
    CHECK(defaults.number("MaxBatchSize") == 10'000);
    CHECK(defaults.number("maxbatchlatencyms") == 100);
    CHECK(defaults.number("StorageShards") == 0);
    CHECK(defaults.number("MaxQueryMemoryBytes") == 268'435'456);
    CHECK(defaults.text("Linux\\KmesBackend") == "auto");
    CHECK(defaults.list("Linux\\Sensors") ==
          std::vector<std::string>{"process", "kernel-log", "host-metrics"});
    CHECK(defaults.number("Linux\\KmesCpus") >= 1);
}

TEST_CASE("settings: every number of the specification has its range and default (Spec §12.1)") {
    struct Row {
        std::string_view name;
        uint64_t min;
        uint64_t max;
        uint64_t by_default;
    };
    const Row rows[] = {
        {"StorageShards", 0, 256, 0},
        {"MaxBatchSize", 100, 100'000, 10'000},
        {"MaxBatchLatencyMs", 10, 5'000, 100},
        {"LogMaxBatchSize", 100, 100'000, 5'000},
        {"LogMaxBatchLatencyMs", 10, 5'000, 500},
        {"MetricMaxBatchSize", 100, 100'000, 5'000},
        {"MetricMaxBatchLatencyMs", 10, 5'000, 1'000},
        {"AdaptiveIndexWindowHours", 1, 168, 24},
        {"AdaptiveIndexPolicyIntervalMinutes", 60, 1'440, 60},
        {"AdaptiveIndexCreateThreshold", 10, 10'000, 100},
        {"AdaptiveIndexDropThreshold", 1, 1'000, 10},
        {"SheddingWindowSeconds", 10, 300, 30},
        {"SheddingBatchPercent", 50, 100, 75},
        {"EmergencySheddingBufferPercent", 50, 95, 75},
        {"AdaptiveRollupWindowHours", 1, 168, 48},
        {"AdaptiveRollupCreateThreshold", 10, 10'000, 50},
        {"AdaptiveRollupDropThreshold", 1, 1'000, 5},
        {"MetricSeriesCacheSize", 1'000, 1'000'000, 50'000},
        {"EventRetentionDays", 1, 3'650, 30},
        {"EventRetentionMaxBytes", 0, UINT64_MAX, 0},
        {"LogRetentionDays", 1, 3'650, 14},
        {"LogRetentionMaxBytes", 0, UINT64_MAX, 0},
        {"MetricRetentionDays", 1, 3'650, 90},
        {"MetricRetentionMaxBytes", 0, UINT64_MAX, 0},
        {"RetentionCheckIntervalMinutes", 1, 1'440, 60},
        {"QueryTimeoutMs", 1'000, 300'000, 30'000},
        {"MaxConcurrentQueries", 1, 4'096, 128},
        {"MaxStreamingQueries", 1, 1'024, 64},
        {"MaxQueryMessageBytes", 1'024, 16'777'216, 65'536},
        {"CrossTypeWindowMs", 1'000, 300'000, 15'000},
        {"CrossTypeMaxLookbackSeconds", 3'600, 2'592'000, 604'800},
    };
    const auto defaults = config::Settings::defaults();
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto* spec = config::findSettingSpec(row.name);
        REQUIRE(spec != nullptr);
        CHECK(spec->min == row.min);
        CHECK(spec->max == row.max);
        CHECK(defaults.number(row.name) == row.by_default);
        const bool is_bytes = row.name.ends_with("RetentionMaxBytes");
        CHECK(spec->type == (is_bytes ? config::SettingType::Qword : config::SettingType::Dword));
        // Which wait for a start: Spec §12.1, the last table.
        CHECK((spec->applies == config::Applies::AtRestart) == (row.name == "StorageShards"));
    }
}

TEST_CASE("settings: required ones have no default") {
    const auto defaults = config::Settings::defaults();
    size_t required = 0;
    for (const auto& spec : config::settingSpecs()) {
        if (spec.required) {
            ++required;
            CHECK_FALSE(defaults.has(spec.name));
        }
    }
    CHECK(required == 6);
    CHECK(defaults.text("EventStorePath").empty());
}

TEST_CASE("settings: a set value is found under any spelling and kept under the table's") {
    config::Settings settings;
    settings.set("QUERYSOCKETPATH", std::string("/run/q"));
    CHECK(settings.text("QuerySocketPath") == "/run/q");
    CHECK(settings.values().begin()->first == "QuerySocketPath");
}
