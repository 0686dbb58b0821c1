// docs/configuration.md has the table of settings that the programs have, row by row and word by
// word, in groups of its own.

#include "common/base/text.h"
#include "common/config/settings.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <limits>
#include <set>
#include <sstream>

namespace test = evd::test;
namespace config = evd::config;
using evd::base::cat;

namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kGiB = uint64_t{1} << 30;

std::string typeText(config::SettingType type) {
    switch (type) {
        case config::SettingType::Text:
            return "sz";
        case config::SettingType::TextList:
            return "multi";
        case config::SettingType::Dword:
            return "dword";
        case config::SettingType::Qword:
            return "qword";
        case config::SettingType::Binary:
            return "binary";
    }
    return "";
}

std::string rangeText(const config::SettingSpec& spec) {
    if (spec.min >= kMiB) {
        return cat(spec.min / kMiB, " MiB to ", spec.max / kGiB, " GiB");
    }
    const bool is_open = spec.max == std::numeric_limits<uint64_t>::max();
    const std::string range = cat(spec.min, '-', is_open ? "2^64-1" : cat(spec.max));
    const bool is_text = spec.type == config::SettingType::Text;
    return range + (is_text                                      ? " bytes"
                    : spec.type == config::SettingType::TextList ? " items"
                                                                 : "");
}

std::string rowOf(const config::SettingSpec& spec) {
    return cat("| `", spec.name, "` | ", typeText(spec.type), " | ", rangeText(spec), " | ",
               spec.default_text.empty() ? "-" : spec.default_text, " | ",
               spec.applies == config::Applies::Live ? "at once" : "restart", " | ", spec.meaning,
               " |");
}

}  // namespace

TEST_CASE("docs: the settings of the page are those of the table, word by word") {
    std::istringstream page(test::readTextFile(cat(EVD_SOURCE_FOLDER, "/docs/configuration.md")));
    std::set<std::string> rows;
    for (std::string line; std::getline(page, line);) {
        const auto has = [&](const char* part) { return line.find(part) != std::string::npos; };
        if (line.starts_with("| `") && (has(" | restart | ") || has(" | at once | "))) {
            rows.insert(line);
        }
    }
    for (const config::SettingSpec& spec : config::settingSpecs()) {
        CHECK_MESSAGE(rows.erase(rowOf(spec)) == 1, "not on the page: ", rowOf(spec));
    }
    for (const std::string& row : rows) {
        FAIL_CHECK("only on the page: " << row);
    }
}
