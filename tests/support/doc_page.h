#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace evd::test {

// One fence of a page, and the fence of language `text` behind it if there is one: what it shows.
struct DocExample {
    std::string language;
    std::string text;
    std::optional<std::string> shown;
    size_t line = 0;        // of the fence
    size_t shown_line = 0;  // of the fence that shows
};

// The fences of a page in its order; a `text` that follows no other fence is one of its own.
std::vector<DocExample> docExamples(const std::string& page);

// The page with the fences that show holding these texts instead, one for each example; nothing
// leaves a fence as it is. For writing pages anew after a deliberate change.
std::string docPageShowing(const std::string& page,
                           const std::vector<std::optional<std::string>>& shown);

// Lines that a reader might copy into a shell: of fences without language or of `sh`, of blocks
// that are set in by four blanks, and of `code` in sentences. With their numbers.
struct DocLine {
    std::string text;
    size_t line = 0;
};
std::vector<DocLine> docCommandLines(const std::string& page);

// The simple commands of one line of shell, as words: what stands behind a pipe, a semicolon or
// within $( ) is another command; comments, redirections and assignments in front are left out.
// Knows quotes, and nothing of expansion. An unfinished quote ends with the line.
std::vector<std::vector<std::string>> shellCommands(const std::string& line);

// The pages that people read: README.md and what docs/ holds, as paths.
std::vector<std::string> docPages(const std::string& source_folder);

}  // namespace evd::test
