#include "tests/campaign/random_registry.h"

#include "common/base/text.h"
#include "common/config/settings.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace evd::test {

namespace {

using base::cat;
using config::SettingSpec;
using config::SettingType;

constexpr std::string_view kLinux = "Linux\\";
constexpr uint64_t kHuge = uint64_t{1} << 40;
constexpr size_t kTooLargeBytes = (size_t{1} << 20) + 1;

bool isNumber(const SettingSpec& spec) {
    return spec.type == SettingType::Dword || spec.type == SettingType::Qword;
}

std::string nameOf(const SettingSpec& spec) {
    const std::string_view name = spec.name;
    return std::string(name.starts_with(kLinux) ? name.substr(kLinux.size()) : name);
}

std::string entry(const std::string& name, const char* type, const std::string& data) {
    return cat(R"({"name": ")", name, R"(", "type": ")", type, R"(", "data": )", data, "}");
}

const char* typeOf(const SettingSpec& spec) {
    return spec.type == SettingType::Qword ? "qword" : "dword";
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        text += cat(text.empty() ? "" : ", ", item);
    }
    return text;
}

// Within the range, and such that nothing is deleted.
uint64_t numberFor(const SettingSpec& spec, std::mt19937_64& random) {
    if (spec.name.ends_with("RetentionMaxBytes")) {
        return random() % 2 == 0 ? 0 : kHuge + random() % kHuge;
    }
    const uint64_t span = spec.max - spec.min;
    const bool is_whole = span == std::numeric_limits<uint64_t>::max();
    // Edges more often than chance would have them.
    switch (random() % 6) {
        case 0:
            return spec.min;
        case 1:
            return spec.max;
        default:
            return spec.min + (is_whole ? random() : random() % (span + 1));
    }
}

// One that goes well with all others, and lets a test ask when it is in force.
uint64_t settledNumber(const SettingSpec& spec, std::mt19937_64& random) {
    if (spec.name.ends_with("DropThreshold")) {
        return spec.min;  // must stay below the one for making
    }
    if (spec.name.ends_with("CreateThreshold") || spec.name.ends_with("Queries")) {
        return spec.max;
    }
    if (spec.name == kMarkerSetting) {
        return spec.min + 1 + random() % 10'000;  // no edge: no value that it is likely to have
    }
    return numberFor(spec, random);
}

}  // namespace

std::string RandomRegistry::goodValue(size_t at) {
    const SettingSpec& spec = config::settingSpecs()[at];
    if (isNumber(spec)) {
        return entry(nameOf(spec), typeOf(spec), cat(numberFor(spec, random_)));
    }
    if (spec.type == SettingType::TextList) {
        return entry(nameOf(spec), "multi", below(2) == 0 ? "[]" : R"(["root"])");
    }
    return entry(nameOf(spec), "sz", cat("\"/nowhere/", below(1000), '"'));
}

std::string RandomRegistry::badValue(size_t at) {
    const SettingSpec& spec = config::settingSpecs()[at];
    switch (below(6)) {
        case 0:
            return entry(nameOf(spec), "sz", R"("seven")");
        case 1:
            return entry(nameOf(spec), "dword", "-1");
        case 2:
            return entry(nameOf(spec), "qword", "18446744073709551615");
        case 3:
            return entry(nameOf(spec), "binary", R"("0g")");
        case 4:
            return entry(nameOf(spec), "dword", "4.5");
        default:
            return entry(cat("No", nameOf(spec)), "dword", "1");
    }
}

std::string RandomRegistry::file(const std::vector<std::string>& plain,
                                 const std::vector<std::string>& of_linux) const {
    std::vector<std::string> all = plain;
    std::vector<std::string> all_linux = of_linux;
    for (const RegistryValue& value : always_) {
        (value.path.empty() ? all : all_linux)
            .push_back(entry(value.name, value.type.c_str(), value.json));
    }
    const auto key = [](const char* path, const std::vector<std::string>& values) {
        return cat(R"({"path": "Machine/System/eventd)", path, R"(", "values": [)", joined(values),
                   "]}");
    };
    return cat(R"({"keys": [)", key("", all), ", ", key("/Linux", all_linux), "]}");
}

template <typename Value>
std::string RandomRegistry::someValues(const Value& value) {
    std::vector<std::string> plain;
    std::vector<std::string> of_linux;
    const auto specs = config::settingSpecs();
    for (uint64_t count = 1 + below(12); count > 0; --count) {
        const size_t at = below(specs.size());
        (specs[at].name.starts_with(kLinux) ? of_linux : plain).push_back(value(at));
    }
    return file(plain, of_linux);
}

std::string RandomRegistry::good() {
    return someValues([this](size_t at) { return goodValue(at); });
}

std::string RandomRegistry::withBadValues() {
    return someValues([this](size_t at) { return below(2) == 0 ? badValue(at) : goodValue(at); });
}

std::string RandomRegistry::broken() {
    const std::string whole = good();
    switch (below(6)) {
        case 0:
            return "";
        case 1:
            return whole.substr(0, below(whole.size()));
        case 2:
            return whole + "}";
        case 3:
            return R"({"keys": 7})";
        case 4:
            return whole + std::string(kTooLargeBytes, ' ');
        default: {
            std::string noise(1 + below(2000), ' ');
            std::generate(noise.begin(), noise.end(),
                          [this] { return static_cast<char>(below(256)); });
            return noise;
        }
    }
}

std::string RandomRegistry::settled(std::map<std::string, uint64_t>& values) {
    std::vector<std::string> plain;
    std::vector<std::string> of_linux;
    for (const SettingSpec& spec : config::settingSpecs()) {
        if (spec.applies != config::Applies::Live || !isNumber(spec)) {
            continue;
        }
        const uint64_t value = settledNumber(spec, random_);
        values[std::string(spec.name)] = value;
        (spec.name.starts_with(kLinux) ? of_linux : plain)
            .push_back(entry(nameOf(spec), typeOf(spec), cat(value)));
    }
    return file(plain, of_linux);
}

}  // namespace evd::test
