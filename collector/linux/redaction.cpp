// How arguments are redacted
//
// Each argument is cut into words at white space that is not in quotes; most arguments are one
// word. The words of the whole command line are then judged in order by a small state machine that
// knows two things: which program's options it is looking at (the last word that named a program of
// the table below), and whether the next word is the value of a secret option. Gaps between words
// are copied as they are.

#include "collector/linux/redaction.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace evd::collector {

using base::cat;

namespace {

constexpr auto kSecretWords = std::to_array<std::string_view>(
    {"password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "api-key",
     "apikey", "access-key", "private-key"});
constexpr auto kSecretEndings =
    std::to_array<std::string_view>({"pass", "pwd", "passin", "passout"});
constexpr auto kSecretHeaders =
    std::to_array<std::string_view>({"authorization:", "x-api-key:", "x-auth-token:", "cookie:"});
constexpr auto kSecretFolders = std::to_array<std::string_view>({".ssh/", ".aws/", ".gnupg/"});

// Short options that carry a secret, by program. A program's name may go on behind `program`
// (mysqldump, mariadb-admin).
struct ShortOption {
    std::string_view program;
    char letter;
    bool attached;    // -pVALUE
    bool separate;    // -p VALUE
    bool user_first;  // the value is user:password, and the user is shown
};
constexpr auto kShortOptions = std::to_array<ShortOption>({
    {"mysql", 'p', true, false, false},
    {"mariadb", 'p', true, false, false},
    {"sshpass", 'p', true, true, false},
    {"7z", 'p', true, false, false},
    {"mongo", 'p', true, true, false},
    {"docker", 'p', false, true, false},
    {"podman", 'p', false, true, false},
    {"redis-cli", 'a', false, true, false},
    {"ldap", 'w', true, true, false},
    {"curl", 'u', true, true, true},
    {"zip", 'P', true, true, false},
    {"unzip", 'P', true, true, false},
});
// Of docker and podman only `login` takes a password with -p; elsewhere it is a port.
constexpr std::string_view kLogin = "login";

std::string normalName(std::string_view name) {
    std::string normal = base::foldAscii(name);
    std::replace(normal.begin(), normal.end(), '_', '-');
    return normal;
}

bool endsInSecret(std::string_view name) {
    const std::string normal = normalName(name);
    const auto ends = [&](std::string_view word) { return normal.ends_with(word); };
    return std::any_of(kSecretWords.begin(), kSecretWords.end(), ends) ||
           std::any_of(kSecretEndings.begin(), kSecretEndings.end(), ends);
}

bool holdsSecret(std::string_view name) {
    const std::string normal = normalName(name);
    const auto holds = [&](std::string_view word) {
        return normal.find(word) != std::string::npos;
    };
    return endsInSecret(name) || std::any_of(kSecretWords.begin(), kSecretWords.end(), holds);
}

std::string_view withoutFront(std::string_view text, std::string_view letters) {
    return text.substr(std::min(text.find_first_not_of(letters), text.size()));
}

bool isNameLetter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

// scheme://user:password@host. Several URLs in one word are all treated.
std::string hideUrlPasswords(std::string word) {
    size_t from = 0;
    while (true) {
        const size_t scheme = word.find("://", from);
        if (scheme == std::string::npos) {
            return word;
        }
        const size_t authority = scheme + 3;
        const size_t end = std::min(word.find_first_of("/?#\"' ", authority), word.size());
        const size_t at = word.rfind('@', end == 0 ? 0 : end - 1);
        const size_t colon = word.find(':', authority);
        if (at != std::string::npos && at >= authority && colon < at) {
            word.replace(colon + 1, at - colon - 1, kRedacted);
        }
        from = authority;
    }
}

// The path that leads below a folder of keys, from its beginning to its end.
std::string hideSecretPaths(std::string word) {
    for (const std::string_view folder : kSecretFolders) {
        size_t from = 0;
        while (true) {
            const size_t found = word.find(folder, from);
            if (found == std::string::npos) {
                break;
            }
            from = found + folder.size();
            const bool is_component = found == 0 || !isNameLetter(word[found - 1]);
            const size_t end = std::min(word.find_first_of(":,\"' ", from), word.size());
            if (!is_component || end == from) {
                continue;
            }
            const size_t before = word.find_last_of("=:,\"'@", found);
            const size_t start = before == std::string::npos ? 0 : before + 1;
            word.replace(start, end - start, kRedacted);
            from = start + kRedacted.size();
        }
    }
    return word;
}

bool isQuote(char letter) {
    return letter == '"' || letter == '\'';
}

// The name that ends before text[at], possibly in quotes of its own: `"password"` or `--password`.
std::string_view nameBefore(std::string_view text, size_t at, size_t not_before) {
    size_t end = at;
    if (end > not_before && isQuote(text[end - 1])) {
        --end;
    }
    size_t start = end;
    while (start > not_before && isNameLetter(text[start - 1])) {
        --start;
    }
    return withoutFront(text.substr(start, end - start), "-");
}

// NAME=VALUE and NAME:VALUE with a secret in NAME, dashes or not. At the front of a word the value
// is all the rest; further in (URL parameters, connection strings, JSON) it ends where such values
// end. value_follows: the word ends in the colon, the value is the next word.
std::string hideAssignments(std::string_view word, bool& value_follows) {
    std::string out;
    size_t copied = 0;
    for (size_t at = 0; at < word.size(); ++at) {
        if ((word[at] != '=' && word[at] != ':') || word.substr(at).starts_with("://")) {
            continue;
        }
        const std::string_view name = nameBefore(word, at, copied);
        if (name.empty() || !holdsSecret(name)) {
            continue;
        }
        const size_t value = at + 1;
        if (value == word.size()) {
            value_follows = word[at] == ':';
            break;
        }
        const auto before = word.substr(0, static_cast<size_t>(name.data() - word.data()));
        size_t end = word.size();
        if (isQuote(word[value]) && !withoutFront(before, "\"'-").empty()) {
            end = word.find(word[value], value + 1);
            end = end == std::string_view::npos ? word.size() : end + 1;
        } else if (!withoutFront(before, "\"'-").empty()) {
            end = std::min(word.find_first_of("&;,\"'}", value), word.size());
        }
        out += cat(word.substr(copied, value - copied), kRedacted);
        copied = end;
        at = end - 1;
    }
    return cat(out, word.substr(copied));
}

// Where a secret header's value begins, in any place of the argument.
size_t findHeaderValue(std::string_view argument) {
    const std::string folded = base::foldAscii(argument);
    size_t first = std::string_view::npos;
    for (const std::string_view header : kSecretHeaders) {
        const size_t found = folded.find(header);
        if (found != std::string::npos) {
            first = std::min(first, found + header.size());
        }
    }
    return first;
}

class Redactor {
  public:
    std::string redact(std::string_view argument) {
        const size_t header_value = findHeaderValue(argument);
        if (header_value != std::string_view::npos) {
            return cat(redactWords(argument.substr(0, header_value)), " ", kRedacted);
        }
        return redactWords(argument);
    }

  private:
    std::string redactWords(std::string_view argument) {
        if (next_is_secret_ && !looksLikeOption(argument)) {
            next_is_secret_ = false;  // the value may have spaces in it
            return secretValue(argument);
        }
        std::string out;
        size_t at = 0;
        while (at < argument.size()) {
            const size_t start = std::min(argument.find_first_not_of(" \t\n", at), argument.size());
            out += argument.substr(at, start - at);
            at = endOfWord(argument, start);
            if (at > start) {
                out += redactWord(argument.substr(start, at - start));
            }
        }
        return out;
    }

    static size_t endOfWord(std::string_view text, size_t at) {
        char quote = 0;
        for (; at < text.size(); ++at) {
            const char letter = text[at];
            if (quote != 0) {
                quote = letter == quote ? '\0' : quote;
            } else if (letter == '"' || letter == '\'') {
                quote = letter;
            } else if (letter == ' ' || letter == '\t' || letter == '\n') {
                break;
            }
        }
        return at;
    }

    // -x, --xyz; what begins otherwise, and a lone dash, is a value.
    static bool looksLikeOption(std::string_view word) {
        return word.starts_with("--") || (word.size() == 2 && word[0] == '-');
    }

    std::string secretValue(std::string_view word) {
        const size_t colon = word.find(':');
        const bool shows_user = std::exchange(user_is_shown_, false);
        return shows_user && colon != std::string_view::npos
                   ? cat(word.substr(0, colon + 1), kRedacted)
                   : std::string(kRedacted);
    }

    std::string redactWord(std::string_view word) {
        if (next_is_secret_) {
            next_is_secret_ = false;
            if (!looksLikeOption(word)) {
                return secretValue(word);
            }
        }
        const std::string_view name = withoutFront(word, "\"'");
        if (name.size() > 2 && name[0] == '-') {
            next_is_secret_ = endsInSecret(name);
            user_is_shown_ = false;
        }
        if (!next_is_secret_) {
            if (auto hidden = redactShortOption(word)) {
                return *std::move(hidden);
            }
        }
        noteProgram(name);
        bool value_follows = false;
        std::string shown = hideAssignments(word, value_follows);
        next_is_secret_ = next_is_secret_ || value_follows;
        return hideSecretPaths(hideUrlPasswords(std::move(shown)));
    }

    std::optional<std::string> redactShortOption(std::string_view word) {
        if (option_ == nullptr || !option_applies_ || word.size() < 2 || word[0] != '-' ||
            word[1] != option_->letter) {
            return std::nullopt;
        }
        user_is_shown_ = option_->user_first;
        if (word.size() == 2) {
            next_is_secret_ = option_->separate;
            return std::nullopt;
        }
        return option_->attached
                   ? std::optional(cat(word.substr(0, 2), secretValue(word.substr(2))))
                   : std::nullopt;
    }

    void noteProgram(std::string_view word) {
        const std::string_view file = word.substr(word.rfind('/') + 1);
        for (const ShortOption& option : kShortOptions) {
            if (file.starts_with(option.program) && word[0] != '-') {
                option_ = &option;
                option_applies_ = option.program != "docker" && option.program != "podman";
                return;
            }
        }
        option_applies_ = option_applies_ || file == kLogin;
    }

    bool next_is_secret_ = false;
    bool user_is_shown_ = false;
    const ShortOption* option_ = nullptr;  // of the program that is being looked at
    bool option_applies_ = false;
};

std::string quoted(const std::string& argument) {
    const bool is_plain =
        !argument.empty() && argument.find_first_of(" \t\n'\"\\") == std::string::npos;
    if (is_plain) {
        return argument;
    }
    std::string out = "'";
    for (const char letter : argument) {
        out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return out + "'";
}

}  // namespace

std::vector<std::string> redactArguments(const std::vector<std::string>& arguments) {
    Redactor redactor;
    std::vector<std::string> redacted;
    redacted.reserve(arguments.size());
    for (const std::string& argument : arguments) {
        redacted.push_back(redactor.redact(argument));
    }
    return redacted;
}

std::string redactPath(std::string_view path) {
    return hideSecretPaths(std::string(path));
}

std::string showCommandLine(const std::vector<std::string>& arguments, bool cut) {
    std::string line;
    for (const std::string& argument : redactArguments(arguments)) {
        line += line.empty() ? "" : " ";
        line += quoted(argument);
    }
    line = base::toUtf8(line);
    if (cut || line.size() > kCommandLineBytesMax) {
        const size_t room = kCommandLineBytesMax - kTruncated.size();
        line.resize(base::wholeCharacters(line, room));
        line += kTruncated;
    }
    return line;
}

}  // namespace evd::collector
