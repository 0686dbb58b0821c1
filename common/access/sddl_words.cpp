#include "common/access/sddl_words.h"

#include "common/access/access_mask.h"
#include "common/access/ace.h"
#include "common/access/claims.h"
#include "common/access/sacl_facts.h"
#include "common/base/text.h"

#include <array>

namespace evd::access {

namespace {

template <typename Number>
struct Word {
    std::string_view text;
    Number number;
};

constexpr std::array kAceTypes = {
    Word<uint8_t>{"A", kAceAllowed},
    Word<uint8_t>{"D", kAceDenied},
    Word<uint8_t>{"AU", kAceAudit},
    Word<uint8_t>{"AL", kAceAlarm},
    Word<uint8_t>{"OA", kAceAllowedObject},
    Word<uint8_t>{"OD", kAceDeniedObject},
    Word<uint8_t>{"OU", kAceAuditObject},
    Word<uint8_t>{"OL", kAceAlarmObject},
    Word<uint8_t>{"XA", kAceAllowedCallback},
    Word<uint8_t>{"XD", kAceDeniedCallback},
    Word<uint8_t>{"XU", kAceAuditCallback},
    Word<uint8_t>{"XL", kAceAlarmCallback},
    Word<uint8_t>{"ZA", kAceAllowedCallbackObject},
    Word<uint8_t>{"ZD", kAceDeniedCallbackObject},
    Word<uint8_t>{"ZU", kAceAuditCallbackObject},
    Word<uint8_t>{"ZL", kAceAlarmCallbackObject},
    Word<uint8_t>{"ML", kAceMandatoryLabel},
    Word<uint8_t>{"RA", kAceResourceAttribute},
    Word<uint8_t>{"SP", kAceScopedPolicy},
    Word<uint8_t>{"TL", kAceProcessTrustLabel},
};

constexpr std::array kAceFlags = {
    Word<uint8_t>{"CI", kAceContainerInherit}, Word<uint8_t>{"OI", kAceObjectInherit},
    Word<uint8_t>{"NP", kAceNoPropagate},      Word<uint8_t>{"IO", kAceInheritOnly},
    Word<uint8_t>{"ID", kAceInherited},        Word<uint8_t>{"SA", kAceAuditSuccess},
    Word<uint8_t>{"FA", kAceAuditFailure},
};

// The first eight are the ones we write: every other word shares its bits with others, and means
// different things for different objects.
constexpr size_t kWrittenRights = 8;
constexpr std::array kRights = {
    Word<uint32_t>{"GA", kGenericAll},   Word<uint32_t>{"GR", kGenericRead},
    Word<uint32_t>{"GW", kGenericWrite}, Word<uint32_t>{"GX", kGenericExecute},
    Word<uint32_t>{"SD", kDelete},       Word<uint32_t>{"RC", kReadControl},
    Word<uint32_t>{"WD", kWriteDac},     Word<uint32_t>{"WO", kWriteOwner},
    Word<uint32_t>{"FA", 0x001F01FF},    Word<uint32_t>{"FR", 0x00120089},
    Word<uint32_t>{"FW", 0x00120116},    Word<uint32_t>{"FX", 0x001200A0},
    Word<uint32_t>{"KA", 0x000F003F},    Word<uint32_t>{"KR", 0x00020019},
    Word<uint32_t>{"KW", 0x00020006},    Word<uint32_t>{"KX", 0x00020019},
    Word<uint32_t>{"CC", 0x00000001},    Word<uint32_t>{"DC", 0x00000002},
    Word<uint32_t>{"LC", 0x00000004},    Word<uint32_t>{"SW", 0x00000008},
    Word<uint32_t>{"RP", 0x00000010},    Word<uint32_t>{"WP", 0x00000020},
    Word<uint32_t>{"DT", 0x00000040},    Word<uint32_t>{"LO", 0x00000080},
    Word<uint32_t>{"CR", 0x00000100},
};

constexpr std::array kLabelRights = {
    Word<uint32_t>{"NR", kLabelNoReadUp},
    Word<uint32_t>{"NW", kLabelNoWriteUp},
    Word<uint32_t>{"NX", kLabelNoExecuteUp},
};

constexpr std::array kClaimTypes = {
    Word<uint16_t>{"TI", kClaimInteger}, Word<uint16_t>{"TU", kClaimUnsigned},
    Word<uint16_t>{"TS", kClaimString},  Word<uint16_t>{"TD", kClaimSid},
    Word<uint16_t>{"TB", kClaimBoolean}, Word<uint16_t>{"TX", kClaimOctets},
};

template <typename Words>
auto numberOf(const Words& words, std::string_view text)
    -> std::optional<decltype(words.front().number)> {
    for (const auto& word : words) {
        if (base::equalsFolded(word.text, text)) {
            return word.number;
        }
    }
    return std::nullopt;
}

template <typename Words, typename Number>
std::string_view textOf(const Words& words, Number number) {
    for (const auto& word : words) {
        if (word.number == number) {
            return word.text;
        }
    }
    return {};
}

// Words of two letters, one behind the other.
template <typename Words>
auto sumOf(const Words& words, std::string_view text, std::string_view what)
    -> base::Result<decltype(words.front().number)> {
    decltype(words.front().number) sum = 0;
    for (size_t at = 0; at < text.size(); at += 2) {
        const std::string_view word = text.substr(at, 2);
        const auto number = numberOf(words, word);
        if (!number) {
            return base::fail(base::ErrorKind::Invalid, base::cat("'", word, "' is no ", what));
        }
        sum = static_cast<decltype(sum)>(sum | *number);
    }
    return sum;
}

}  // namespace

std::optional<uint8_t> aceTypeOfWord(std::string_view word) {
    return numberOf(kAceTypes, word);
}

std::string_view wordOfAceType(uint8_t type) {
    return textOf(kAceTypes, type);
}

base::Result<uint8_t> aceFlagsOfWords(std::string_view words) {
    return sumOf(kAceFlags, words, "flag of an ACE");
}

base::Result<uint32_t> rightsOfWords(std::string_view words, bool of_label) {
    if (!words.empty() && words.front() >= '0' && words.front() <= '9') {
        const auto number = numberOfWord(words);
        if (!number.ok() || number.value() > 0xFFFF'FFFF) {
            return base::fail(base::ErrorKind::Invalid, base::cat("'", words, "' are no rights"));
        }
        return static_cast<uint32_t>(number.value());
    }
    return of_label ? sumOf(kLabelRights, words, "policy of a label")
                    : sumOf(kRights, words, "right");
}

std::optional<std::string> wordsOfAceFlags(uint8_t flags) {
    std::string words;
    for (const auto& word : kAceFlags) {
        if ((flags & word.number) != 0) {
            words += word.text;
            flags = static_cast<uint8_t>(flags & ~word.number);
        }
    }
    return flags == 0 ? std::optional<std::string>(words) : std::nullopt;
}

std::string wordsOfRights(uint32_t rights, bool of_label) {
    std::string words;
    uint32_t left = rights;
    for (size_t index = 0; index < kWrittenRights; ++index) {
        if ((rights & kRights[index].number) != 0) {
            words += kRights[index].text;
            left &= ~kRights[index].number;
        }
    }
    return rights == 0 || left != 0 || of_label ? hexOf(rights) : words;
}

std::optional<uint16_t> claimTypeOfWord(std::string_view word) {
    return numberOf(kClaimTypes, word);
}

std::string_view wordOfClaimType(uint16_t type) {
    return textOf(kClaimTypes, type);
}

base::Result<uint64_t> numberOfWord(std::string_view word) {
    std::string_view digits = word;
    int radix = 10;
    if (word.starts_with("0x") || word.starts_with("0X")) {
        radix = 16;
        digits.remove_prefix(2);
    } else if (word.size() > 1 && word.front() == '0') {
        radix = 8;
    }
    uint64_t number = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number, radix);
    if (digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
        return base::fail(base::ErrorKind::Invalid, base::cat("'", word, "' is no number"));
    }
    return number;
}

std::string hexOf(uint32_t number) {
    char buffer[16];
    const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number, 16);
    return "0x" + std::string(buffer, end.ptr);
}

}  // namespace evd::access
