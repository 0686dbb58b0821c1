#include "tests/support/doc_page.h"

#include "common/base/text.h"
#include "tests/support/text_file.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

namespace evd::test {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFence = "```";
constexpr std::string_view kPrompt = "$ ";
constexpr std::string_view kSetIn = "    ";

void addCodeSpans(const std::string& line, size_t number, std::vector<DocLine>& out) {
    for (size_t at = line.find('`'); at != std::string::npos;) {
        const size_t end = line.find('`', at + 1);
        if (end == std::string::npos) {
            return;
        }
        out.push_back({line.substr(at + 1, end - at - 1), number});
        at = line.find('`', end + 1);
    }
}

// Reads one line of shell, a character at a time.
class ShellReader {
  public:
    explicit ShellReader(const std::string& line) : line_(line) {}

    std::vector<std::vector<std::string>> read() {
        for (at_ = 0; at_ < line_.size(); ++at_) {
            if (!step(line_[at_])) {
                break;
            }
        }
        endCommand();
        return std::move(commands_);
    }

  private:
    // False at a comment.
    bool step(char c) {
        if (c == '\'' || c == '"') {
            takeQuoted(c);
        } else if (c == '\\' && at_ + 1 < line_.size()) {
            word_ += line_[++at_];
            has_word_ = true;
        } else if (c == '#' && !has_word_) {
            return false;
        } else if (c == '>' || c == '<') {
            endRedirected();
        } else if (std::string_view("|;&()").find(c) != std::string_view::npos) {
            endCommand();
        } else if (c == '$' && at_ + 1 < line_.size() && line_[at_ + 1] == '(') {
            endCommand();
        } else if (c == ' ' || c == '\t') {
            endWord();
        } else {
            word_ += c;
            has_word_ = true;
        }
        return true;
    }

    void takeQuoted(char quote) {
        has_word_ = true;
        for (++at_; at_ < line_.size() && line_[at_] != quote; ++at_) {
            const bool is_escape = quote == '"' && line_[at_] == '\\' && at_ + 1 < line_.size();
            word_ += line_[is_escape ? ++at_ : at_];
        }
    }

    // `2>&1`, `>/dev/null`: the number before and the word behind belong to it. `<(` is a command.
    void endRedirected() {
        if (word_ == "2" || word_ == "1") {
            has_word_ = false;
        }
        endWord();
        const size_t behind = line_.find_first_not_of("<>& ", at_);
        if (behind != std::string::npos && line_[behind] == '(') {
            at_ = behind;
            endCommand();
            return;
        }
        at_ = std::min(line_.find_first_of(" |;)", behind), line_.size()) - 1;
    }

    void endWord() {
        const bool is_assignment = words_.empty() && word_.find('=') != std::string::npos;
        if (has_word_ && !is_assignment) {
            words_.push_back(word_);
        }
        word_.clear();
        has_word_ = false;
    }

    void endCommand() {
        endWord();
        if (!words_.empty()) {
            commands_.push_back(std::move(words_));
        }
        words_.clear();
    }

    const std::string& line_;
    size_t at_ = 0;
    std::string word_;
    bool has_word_ = false;
    std::vector<std::string> words_;
    std::vector<std::vector<std::string>> commands_;
};

}  // namespace

std::vector<DocExample> docExamples(const std::string& page) {
    std::vector<DocExample> examples;
    const auto lines = linesOf(page);
    for (size_t i = 0; i < lines.size(); ++i) {
        if (!lines[i].starts_with(kFence)) {
            continue;
        }
        const size_t opened = i;
        const std::string language = lines[i].substr(kFence.size());
        std::string text;
        for (++i; i < lines.size() && lines[i] != kFence; ++i) {
            text += lines[i] + '\n';
        }
        const bool shows = language == "text" && !examples.empty() && !examples.back().shown;
        if (shows) {
            examples.back().shown = text;
            examples.back().shown_line = opened + 1;
        } else {
            examples.push_back({language, text, std::nullopt, opened + 1, 0});
        }
    }
    return examples;
}

std::string docPageShowing(const std::string& page,
                           const std::vector<std::optional<std::string>>& shown) {
    const auto examples = docExamples(page);
    const auto lines = linesOf(page);
    std::string out;
    size_t next = 0;  // of lines, counted from 0
    for (size_t i = 0; i < examples.size() && i < shown.size(); ++i) {
        if (!shown[i] || examples[i].shown_line == 0) {
            continue;
        }
        for (; next < examples[i].shown_line; ++next) {
            out += lines[next] + '\n';
        }
        out += *shown[i];
        while (lines[next] != kFence) {
            ++next;
        }
    }
    for (; next < lines.size(); ++next) {
        out += lines[next] + '\n';
    }
    return out;
}

std::vector<DocLine> docCommandLines(const std::string& page) {
    std::vector<DocLine> found;
    const auto lines = linesOf(page);
    bool is_shell = false;
    bool is_fenced = false;
    bool has_prompt = false;  // then what has none is output
    for (size_t i = 0; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        if (line.starts_with(kFence)) {
            is_fenced = !is_fenced;
            is_shell = is_fenced && (line == kFence || line == "```sh");
            has_prompt = false;
        } else if (is_shell) {
            const bool prompted = base::trim(line).starts_with(kPrompt);
            has_prompt = has_prompt || prompted;
            if (prompted || !has_prompt) {
                const std::string_view command = base::trim(line);
                found.push_back(
                    {std::string(prompted ? command.substr(kPrompt.size()) : command), i + 1});
            }
        } else if (!is_fenced && line.starts_with(kSetIn)) {
            found.push_back({line.substr(kSetIn.size()), i + 1});
        } else if (!is_fenced) {
            addCodeSpans(line, i + 1, found);
        }
    }
    return found;
}

std::vector<std::vector<std::string>> shellCommands(const std::string& line) {
    return ShellReader(line).read();
}

std::vector<std::string> docPages(const std::string& source_folder) {
    std::vector<std::string> pages = {source_folder + "/README.md"};
    for (const auto& entry : fs::recursive_directory_iterator(source_folder + "/docs")) {
        if (entry.path().extension() == ".md") {
            pages.push_back(entry.path().string());
        }
    }
    std::sort(pages.begin() + 1, pages.end());
    return pages;
}

}  // namespace evd::test
