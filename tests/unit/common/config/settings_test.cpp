#include "common/config/settings.h"

#include "common/base/text.h"

#include <doctest/doctest.h>
#include <set>

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
