#include "queryd/evctl/question_shape.h"

#include "common/base/text.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/time_words.h"

namespace evd::evctl {

namespace {

constexpr std::string_view kMetric = "METRIC";

base::Result<void> settleTime(std::string& typed, const Arguments& arguments, int64_t now_ns) {
    if (typed.empty()) {
        return {};
    }
    auto words = timeWords(typed, arguments.utc, now_ns);
    if (!words.ok()) {
        return words.error();
    }
    typed = std::move(words).value();
    return {};
}

}  // namespace

base::Result<void> settleHabits(Arguments& arguments, int64_t now_ns) {
    EVD_TRY(settleTime(arguments.since, arguments, now_ns));
    EVD_TRY(settleTime(arguments.until, arguments, now_ns));
    if (arguments.follow && arguments.command == "query") {
        const bool is_typed =
            arguments.file.empty() && (arguments.words.empty() || arguments.words.front() != "-");
        if (!is_typed) {
            return base::fail(base::ErrorKind::Invalid,
                              "a question from a file is followed by its own clause STREAM");
        }
        const std::string typed =
            arguments.words.empty() ? "" : arguments.words.front().substr(0, kMetric.size());
        if (base::equalsFolded(typed, kMetric)) {
            return base::fail(base::ErrorKind::Invalid,
                              "METRIC has no STREAM, and so nothing to follow");
        }
        arguments.command = "tail";
    }
    return {};
}

std::string shapedQuestion(std::string text, const Arguments& arguments) {
    // Line breaks, because the text may end in a comment.
    if (!arguments.since.empty()) {
        text += base::cat("\nSINCE ", arguments.since);
    }
    if (!arguments.until.empty()) {
        text += base::cat("\nUNTIL ", arguments.until);
    }
    if (arguments.lines_given && !findQueryWords(text).take) {
        text += base::cat("\nTAKE ", arguments.lines);
    }
    return text;
}

}  // namespace evd::evctl
