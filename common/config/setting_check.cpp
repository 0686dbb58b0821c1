#include "common/config/setting_check.h"

#include "common/base/guid.h"
#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace evd::config {

namespace {

using base::cat;

constexpr std::array<std::string_view, 4> kKmesBackends = {"auto", "kernel", "builtin", "socket"};
constexpr std::array<std::string_view, 3> kSensors = {"process", "kernel-log", "host-metrics"};

base::Error invalid(std::string reason) {
    return base::fail(base::ErrorKind::Invalid, std::move(reason));
}

const char* typeNameOf(SettingType type) {
    switch (type) {
        case SettingType::Text:
            return "sz";
        case SettingType::TextList:
            return "multi";
        case SettingType::Dword:
            return "dword";
        case SettingType::Qword:
            return "qword";
        case SettingType::Binary:
            return "binary";
    }
    return "";
}

bool typeFits(SettingType wanted, ValueType found) {
    switch (found) {
        case ValueType::Sz:
            return wanted == SettingType::Text;
        case ValueType::Multi:
            return wanted == SettingType::TextList;
        case ValueType::Dword:
            return wanted == SettingType::Dword;
        case ValueType::Qword:
            return wanted == SettingType::Qword;
        case ValueType::Binary:
            return wanted == SettingType::Binary;
        case ValueType::Expand:
        case ValueType::Sddl:
            return false;
    }
    return false;
}

template <size_t N>
std::string choice(const std::array<std::string_view, N>& words) {
    std::string out = "must be one of";
    for (const auto word : words) {
        out += cat(out.back() == 'f' ? " " : ", ", word);
    }
    return out;
}

template <size_t N>
bool isOneOf(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view known) { return base::equalsFolded(known, word); });
}

base::Result<SettingValue> checkText(const SettingSpec& spec, const std::string& text) {
    if (text.size() < spec.min || text.size() > spec.max) {
        return invalid(cat("must have ", spec.min, " to ", spec.max, " bytes"));
    }
    if (spec.name.ends_with("Path") && text.front() != '/') {
        return invalid("must be an absolute path");
    }
    if (spec.name == "Linux\\KmesBackend") {
        if (!isOneOf(kKmesBackends, text)) {
            return invalid(choice(kKmesBackends));
        }
        return SettingValue(base::foldAscii(std::string_view(text)));
    }
    if (spec.name == "Linux\\BootId" && !base::parseGuid(text).ok()) {
        return invalid("must be a GUID");
    }
    return SettingValue(text);
}

base::Result<SettingValue> checkList(const SettingSpec& spec, std::vector<std::string> items) {
    if (items.size() < spec.min || items.size() > spec.max) {
        return invalid(cat("must have ", spec.min, " to ", spec.max, " entries"));
    }
    for (auto& item : items) {
        if (item.empty() || item.size() > kListItemBytesMax) {
            return invalid(cat("each entry must have 1 to ", kListItemBytesMax, " bytes"));
        }
        if (spec.name == "Linux\\Sensors") {
            if (!isOneOf(kSensors, item)) {
                return invalid(cat("each entry ", choice(kSensors)));
            }
            item = base::foldAscii(std::string_view(item));
        }
    }
    return SettingValue(std::move(items));
}

base::Result<SettingValue> checkNumber(const SettingSpec& spec, uint64_t number) {
    if (number < spec.min || number > spec.max) {
        return invalid(cat("must be from ", spec.min, " to ", spec.max));
    }
    return SettingValue(number);
}

}  // namespace

base::Result<SettingValue> checkSetting(const SettingSpec& spec, const RegistryValue& value) {
    if (!value.data) {
        return invalid("the value could not be read");
    }
    if (!typeFits(spec.type, value.type)) {
        return invalid(cat("must be of type ", typeNameOf(spec.type)));
    }
    switch (spec.type) {
        case SettingType::Text:
            return checkText(spec, *std::get_if<std::string>(&*value.data));
        case SettingType::TextList:
            return checkList(spec, *std::get_if<std::vector<std::string>>(&*value.data));
        case SettingType::Dword:
        case SettingType::Qword:
            return checkNumber(spec, *std::get_if<uint64_t>(&*value.data));
        case SettingType::Binary:
            return *value.data;
    }
    return invalid("is of an unknown type");
}

std::string formatSettingValue(const SettingValue& value) {
    if (const auto* number = std::get_if<uint64_t>(&value)) {
        return cat(*number);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* bytes = std::get_if<std::vector<uint8_t>>(&value)) {
        return base::encodeHex(*bytes);
    }
    std::string out;
    for (const auto& item : *std::get_if<std::vector<std::string>>(&value)) {
        out += cat(out.empty() ? "" : ", ", item);
    }
    return out;
}

}  // namespace evd::config
