#include "common/config/settings.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <unistd.h>
#include <algorithm>
#include <utility>

namespace evd::config {

namespace {

constexpr std::string_view kKmesCpus = "Linux\\KmesCpus";
constexpr std::string_view kRpcSocketPath = "RpcSocketPath";

const SettingSpec& specOf(std::string_view name) {
    const SettingSpec* spec = findSettingSpec(name);
    EVD_CHECK(spec != nullptr, "a name that is no setting");
    return *spec;
}

bool holdsNumber(SettingType type) {
    return type == SettingType::Dword || type == SettingType::Qword;
}

bool fitsType(SettingType type, const SettingValue& value) {
    switch (type) {
        case SettingType::Text:
            return std::holds_alternative<std::string>(value);
        case SettingType::TextList:
            return std::holds_alternative<std::vector<std::string>>(value);
        case SettingType::Dword:
        case SettingType::Qword:
            return std::holds_alternative<uint64_t>(value);
        case SettingType::Binary:
            return std::holds_alternative<std::vector<uint8_t>>(value);
    }
    return false;
}

uint64_t cpusPresent(const SettingSpec& spec) {
    const long present = ::sysconf(_SC_NPROCESSORS_CONF);
    return std::clamp<uint64_t>(present > 0 ? static_cast<uint64_t>(present) : 1, spec.min,
                                spec.max);
}

std::vector<std::string> listFromText(std::string_view text) {
    std::vector<std::string> items;
    for (const auto part : base::split(text, ',')) {
        items.emplace_back(base::trim(part));
    }
    return items;
}

SettingValue defaultOf(const SettingSpec& spec) {
    if (spec.name == kKmesCpus) {
        return cpusPresent(spec);
    }
    if (holdsNumber(spec.type)) {
        const auto number = base::parseU64(spec.default_text);
        EVD_CHECK(number.ok(), "a default of the table is no number");
        return number.value();
    }
    if (spec.type == SettingType::TextList) {
        return listFromText(spec.default_text);
    }
    return std::string(spec.default_text);
}

// RpcSocketPath depends on another setting; loadConfiguration works it out.
bool hasOwnDefault(const SettingSpec& spec) {
    return !spec.default_text.empty() && spec.name != kRpcSocketPath;
}

}  // namespace

Settings Settings::defaults() {
    Settings settings;
    for (const auto& spec : settingSpecs()) {
        if (hasOwnDefault(spec)) {
            settings.set(spec.name, defaultOf(spec));
        }
    }
    return settings;
}

void Settings::set(std::string_view name, SettingValue value) {
    const SettingSpec& spec = specOf(name);
    EVD_CHECK(fitsType(spec.type, value), "a setting of another type");
    values_.insert_or_assign(std::string(spec.name), std::move(value));
}

bool Settings::has(std::string_view name) const {
    return values_.find(specOf(name).name) != values_.end();
}

uint64_t Settings::number(std::string_view name) const {
    const SettingSpec& spec = specOf(name);
    EVD_CHECK(holdsNumber(spec.type), "a setting that is no number");
    const auto found = values_.find(spec.name);
    EVD_CHECK(found != values_.end(), "a number without a value");
    return *std::get_if<uint64_t>(&found->second);
}

const std::string& Settings::text(std::string_view name) const {
    static const std::string kNone;
    const SettingSpec& spec = specOf(name);
    EVD_CHECK(spec.type == SettingType::Text, "a setting that is no text");
    const auto found = values_.find(spec.name);
    return found == values_.end() ? kNone : *std::get_if<std::string>(&found->second);
}

const std::vector<std::string>& Settings::list(std::string_view name) const {
    static const std::vector<std::string> kNone;
    const SettingSpec& spec = specOf(name);
    EVD_CHECK(spec.type == SettingType::TextList, "a setting that is no list");
    const auto found = values_.find(spec.name);
    return found == values_.end() ? kNone : *std::get_if<std::vector<std::string>>(&found->second);
}

}  // namespace evd::config
