#include "queryd/evctl/question_shape.h"

#include "common/base/text.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/time_words.h"

#include <algorithm>

namespace evd::evctl {

namespace {

base::Result<void> settleTime(std::string& typed, const Arguments& arguments, int64_t now_ns) {
    if (typed.empty()) {
        return {};
    }
    const auto moment = momentOf(typed, arguments.utc, now_ns);
    // A tail asks again after a break, and still means the same moment.
    if (moment && arguments.command == "tail") {
        typed = base::cat('"', base::formatIsoTime(std::max<int64_t>(*moment, 0)), '"');
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
    if (arguments.follow && arguments.command == "query") {
        const bool is_typed =
            arguments.file.empty() && (arguments.words.empty() || arguments.words.front() != "-");
        if (!is_typed) {
            return base::fail(base::ErrorKind::Invalid,
                              "a question from a file is followed by its own clause STREAM");
        }
        const std::string typed = arguments.words.empty() ? "" : arguments.words.front();
        if (findQueryWords(typed).metric) {
            return base::fail(base::ErrorKind::Invalid,
                              "METRIC has no STREAM, and so nothing to follow");
        }
        arguments.command = "tail";
    }
    EVD_TRY(settleTime(arguments.since, arguments, now_ns));
    return settleTime(arguments.until, arguments, now_ns);
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
