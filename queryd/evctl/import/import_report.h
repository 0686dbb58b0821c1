#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kReportExamplesMax = 3;       // of one reason
inline constexpr size_t kReportExcerptBytesMax = 80;  // of one line
inline constexpr size_t kReportReasonsMax = 64;       // what is beyond is counted as one

// What became of a file: what was understood, by kind, and what was not, by reason, with the first
// lines of each.
//
// Kinds and reasons are the parsers' own words, never a file's, so there are few of them; at
// kReportReasonsMax the rest is counted under one name. Two sorts of reasons: pieces that were not
// understood are a fault of the file or of ours; pieces that were left out are understood and have
// no place in eventd. A value; pure.
class ImportReport {
  public:
    void understood(std::string_view kind, uint64_t count = 1);
    void notUnderstood(std::string_view reason, uint64_t line, std::string_view text);
    void leftOut(std::string_view reason, uint64_t line, std::string_view text);

    uint64_t understoodCount() const { return understood_count_; }
    uint64_t notUnderstoodCount() const { return not_understood_count_; }

    // For a person, in lines; "" when there was nothing at all. The text of a file is shown with
    // its control characters made visible by `printable`.
    std::string text(std::string (*printable)(std::string_view)) const;

  private:
    struct Example {
        uint64_t line = 0;
        std::string text;
    };
    struct Reason {
        uint64_t count = 0;
        std::vector<Example> examples;
    };
    using Reasons = std::map<std::string, Reason, std::less<>>;

    static void add(Reasons& reasons, std::string_view reason, uint64_t line,
                    std::string_view text);
    static void append(std::string_view heading, const Reasons& reasons,
                       std::string (*printable)(std::string_view), std::string& out);

    std::map<std::string, uint64_t, std::less<>> kinds_;
    Reasons not_understood_;
    Reasons left_out_;
    uint64_t understood_count_ = 0;
    uint64_t not_understood_count_ = 0;
};

}  // namespace evd::evctl
