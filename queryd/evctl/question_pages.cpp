// The text is cut into words as the server's lexer does it. Each word outside brackets and quotes
// that is no field of a comparison is looked at: a clause that makes an answer more than records in
// the order of time ends it; SINCE and UNTIL are cut out with their values; SORT and SELECT are
// looked into. What is not known here is left as it stands: the server judges it.

#include "queryd/evctl/question_pages.h"

#include "common/base/text.h"
#include "queryd/evctl/shell/question_words.h"
#include "queryd/evctl/time_words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace evd::evctl {

namespace {

using base::cat;

// Clauses whose answers cannot be put together from pages.
constexpr auto kWholeOnly =
    std::to_array<std::string_view>({"COUNT", "TOP", "DISTINCT", "GROUP", "BUCKET", "SKIP", "TAKE",
                                     "INDEX", "CONTEXT", "OVER", "EXISTS"});
// And those that make something else of samples, too.
constexpr auto kFunctions =
    std::to_array<std::string_view>({"RATE", "DELTA", "P50", "P95", "P99", "AVG", "MIN", "MAX",
                                     "SUM", "AVG_OVER", "MIN_OVER", "MAX_OVER", "SUM_OVER"});
constexpr auto kClauses = std::to_array<std::string_view>(
    {"SINCE", "UNTIL", "WHERE", "SELECT", "SORT", "FROM", "ERROR", "CONTAINING", "WITH"});

template <size_t Count>
bool isOneOf(std::string_view word, const std::array<std::string_view, Count>& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](std::string_view each) { return base::equalsFolded(each, word); });
}

base::Error whole(std::string reason) {
    return base::fail(base::ErrorKind::Unsupported, std::move(reason));
}

// METRIC name[...]: single series, and not all of a name together.
bool hasBrackets(const std::vector<QuestionWord>& words) {
    return words.size() > 2 && words[2].kind == QuestionWord::Kind::Symbol && words[2].text == "[";
}

// Reads a question word by word and fills in what it says.
class PagePlanner {
  public:
    PagePlanner(std::string_view text, int64_t now_ns)
        : text_(text), words_(questionWords(text)), now_ns_(now_ns) {
        plan_.until_ns = now_ns;
    }

    base::Result<PagedQuestion> plan() {
        EVD_TRY(readMode());
        while (at_ < words_.size()) {
            EVD_TRY(readWord());
        }
        if (is_metric_ && !plan_.has_since) {
            return whole("METRIC without SINCE answers with the latest values");
        }
        if (selects_ && !selects_time_) {
            return whole("SELECT leaves the timestamp out");
        }
        plan_.head.append(text_.substr(kept_to_));
        return plan_;
    }

  private:
    base::Result<void> readMode() {
        const std::string_view mode = words_.empty() ? "" : words_.front().text;
        is_metric_ = base::equalsFolded(mode, "METRIC");
        if (!is_metric_ && !base::equalsFolded(mode, "EVENTS") &&
            !base::equalsFolded(mode, "LOGS")) {
            return whole("it begins with none of EVENTS, LOGS and METRIC");
        }
        plan_.oldest_first = is_metric_;
        if (is_metric_ && !hasBrackets(words_)) {
            return whole("METRIC without brackets combines series");
        }
        at_ = 1;
        return {};
    }

    base::Result<void> readWord() {
        const QuestionWord& word = words_[at_];
        if (word.kind == QuestionWord::Kind::Symbol) {
            depth_ += word.text == "[" ? 1 : 0;
            depth_ -= word.text == "]" && depth_ > 0 ? 1 : 0;
        }
        if (word.kind != QuestionWord::Kind::Plain || depth_ > 0 || isCompared(words_, at_)) {
            ++at_;
            return {};
        }
        if (base::equalsFolded(word.text, "STREAM")) {
            return base::fail(base::ErrorKind::Invalid,
                              "an answer with STREAM has no end; leave STREAM out");
        }
        if (isOneOf(word.text, kWholeOnly) || (is_metric_ && isOneOf(word.text, kFunctions))) {
            return whole(cat(word.text, " answers as a whole"));
        }
        if (base::equalsFolded(word.text, "METRIC") || base::equalsFolded(word.text, "EVENT") ||
            base::equalsFolded(word.text, "LOG")) {
            return whole("a condition on another store looks at the whole range");
        }
        ++at_;
        if (base::equalsFolded(word.text, "SINCE")) {
            return readTime(word, plan_.has_since, plan_.since_ns);
        }
        if (base::equalsFolded(word.text, "UNTIL")) {
            return readTime(word, has_until_, plan_.until_ns);
        }
        if (base::equalsFolded(word.text, "SELECT")) {
            selects_ = true;
            readSelect();
        }
        return base::equalsFolded(word.text, "SORT") ? readSort() : base::Result<void>();
    }

    std::string_view peek() const { return at_ < words_.size() ? words_[at_].text : ""; }

    // The value of SINCE or UNTIL; both leave the head.
    base::Result<void> readTime(const QuestionWord& clause, bool& is_there, int64_t& time_ns) {
        if (at_ >= words_.size() || std::exchange(is_there, true)) {
            return whole(cat(clause.text, " has no time, or two"));
        }
        const bool is_ago = at_ + 1 < words_.size() &&
                            base::equalsFolded(words_[at_ + 1].text, "ago") &&
                            words_[at_ + 1].kind == QuestionWord::Kind::Plain;
        const std::string typed = cat(peek(), is_ago ? " ago" : "");
        // A duration alone is a mistake that the server explains.
        const bool may_be_time = is_ago || typed.find('-') == 4 ||
                                 base::equalsFolded(typed, "today") ||
                                 base::equalsFolded(typed, "yesterday");
        const auto moment = may_be_time ? momentOf(typed, /*utc=*/true, now_ns_) : std::nullopt;
        if (!moment || *moment < 0) {
            return whole(cat("the time behind ", clause.text, " is not understood"));
        }
        time_ns = *moment;
        at_ += is_ago ? 2 : 1;
        plan_.head += cat(text_.substr(kept_to_, clause.begin - kept_to_), ' ');
        kept_to_ = words_[at_ - 1].end;
        return {};
    }

    void readSelect() {
        for (size_t i = at_; i < words_.size(); ++i) {
            if (words_[i].kind == QuestionWord::Kind::Plain && isOneOf(words_[i].text, kClauses)) {
                return;
            }
            selects_time_ |= words_[i].text == "timestamp";
        }
    }

    base::Result<void> readSort() {
        const bool is_time = peek() == "timestamp";
        at_ += is_time ? 1 : 0;
        const bool descends = is_time && base::equalsFolded(peek(), "DESC");
        at_ += descends || (is_time && base::equalsFolded(peek(), "ASC")) ? 1 : 0;
        if (!is_time || peek() == ",") {
            return whole("SORT by anything but timestamp needs the whole answer");
        }
        plan_.oldest_first = !descends;
        return {};
    }

    std::string_view text_;
    std::vector<QuestionWord> words_;
    int64_t now_ns_;
    PagedQuestion plan_;
    size_t at_ = 0;
    size_t kept_to_ = 0;  // up to here the text has gone into the head, or been left out
    int depth_ = 0;
    bool is_metric_ = false;
    bool has_until_ = false;
    bool selects_ = false;
    bool selects_time_ = false;
};

}  // namespace

base::Result<PagedQuestion> planPages(std::string_view question, int64_t now_ns) {
    return PagePlanner(question, now_ns).plan();
}

bool showsSamples(std::string_view question) {
    const auto words = questionWords(question);
    const bool is_metric = !words.empty() && base::equalsFolded(words.front().text, "METRIC");
    return is_metric && hasBrackets(words) &&
           std::none_of(words.begin(), words.end(), [](const QuestionWord& word) {
               return word.kind == QuestionWord::Kind::Plain && isOneOf(word.text, kFunctions);
           });
}

}  // namespace evd::evctl
