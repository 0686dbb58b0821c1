#include "queryd/evctl/output/meaning.h"

#include "common/base/text.h"
#include "queryd/evctl/output/field_value.h"

#include <array>
#include <utility>

namespace evd::evctl {

namespace {

constexpr std::string_view kColorYellow = "\x1b[33m";

constexpr std::array<std::pair<std::string_view, Meaning>, 16> kWords = {{
    {"emerg", Meaning::Error},
    {"emergency", Meaning::Error},
    {"panic", Meaning::Error},
    {"alert", Meaning::Error},
    {"crit", Meaning::Error},
    {"critical", Meaning::Error},
    {"fatal", Meaning::Error},
    {"err", Meaning::Error},
    {"error", Meaning::Error},
    {"stderr", Meaning::Error},
    {"warn", Meaning::Warning},
    {"warning", Meaning::Warning},
    {"debug", Meaning::Faint},
    {"trace", Meaning::Faint},
    {"verbose", Meaning::Faint},
    {"finest", Meaning::Faint},
}};

constexpr std::array<std::string_view, 3> kWeightFields = {"severity", "level", "priority"};
constexpr int64_t kSyslogError = 3;  // and below, which is worse
constexpr int64_t kSyslogWarning = 4;
constexpr int64_t kSyslogDebug = 7;

Meaning meaningOfWord(std::string_view word) {
    for (const auto& [name, meaning] : kWords) {
        if (base::equalsFolded(name, word)) {
            return meaning;
        }
    }
    return Meaning::Plain;
}

Meaning meaningOfNumber(int64_t number) {
    if (number < 0 || number > kSyslogDebug) {
        return Meaning::Plain;
    }
    return number <= kSyslogError     ? Meaning::Error
           : number == kSyslogWarning ? Meaning::Warning
           : number == kSyslogDebug   ? Meaning::Faint
                                      : Meaning::Plain;
}

Meaning meaningOfField(const FieldView& field) {
    if (field.name == "is_error") {
        return isTrue(field.value) ? Meaning::Error : Meaning::Plain;
    }
    for (const std::string_view name : kWeightFields) {
        if (!base::equalsFolded(name, field.name)) {
            continue;
        }
        if (const auto word = textOf(field.value)) {
            return meaningOfWord(*word);
        }
        if (const auto number = integerOf(field.value)) {
            return meaningOfNumber(*number);
        }
    }
    return Meaning::Plain;
}

}  // namespace

Meaning meaningOf(std::span<const FieldView> fields) {
    Meaning found = Meaning::Plain;
    for (const FieldView& field : fields) {
        const Meaning meaning = meaningOfField(field);
        found = meaning > found ? meaning : found;
    }
    return found;
}

std::string_view colorOf(Meaning meaning) {
    switch (meaning) {
        case Meaning::Plain:
            return {};
        case Meaning::Faint:
            return kColorDim;
        case Meaning::Warning:
            return kColorYellow;
        case Meaning::Error:
            return kColorRed;
    }
    return {};
}

std::string colored(std::string_view text, std::string_view color, bool wanted) {
    return wanted && !color.empty() && !text.empty() ? base::cat(color, text, kColorOff)
                                                     : std::string(text);
}

}  // namespace evd::evctl
