// The text is cut into words as the server's lexer does it. Each word outside brackets and quotes
// that is no field of a comparison is looked at: a clause that makes an answer more than records in
// the order of time ends it; SINCE and UNTIL are cut out with their values; SORT and SELECT are
// looked into. What is not known here is left as it stands: the server judges it.

#include "queryd/evctl/question_pages.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/evctl/shell/question_words.h"
#include "queryd/evctl/time_words.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace evd::evctl {

namespace {

using base::cat;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kWidthFactorMax = 4;  // from one page to the next

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

int64_t addTo(int64_t ns, int64_t width_ns) {
    int64_t sum = 0;
    return __builtin_add_overflow(ns, width_ns, &sum) ? kForever : sum;
}

// A width in which three quarters of a page are to be expected, after one that had so many: a full
// page costs the server more than one with an end, because it must look for the rest, and we more,
// because its last moment comes again.
int64_t nextWidth(int64_t width_ns, uint64_t count, uint64_t records_max) {
    const __int128 widest = static_cast<__int128>(width_ns) * kWidthFactorMax;
    const __int128 fitting = count == 0 ? widest
                                        : static_cast<__int128>(width_ns) * records_max * 3 / 4 /
                                              static_cast<__int128>(count);
    return static_cast<int64_t>(
        std::clamp<__int128>(std::min(fitting, widest), 1, static_cast<__int128>(kForever)));
}

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

PagePlace PageWalk::firstPlace(const PagedQuestion& question) {
    PagePlace place;
    place.edge_ns = question.oldest_first ? question.since_ns : question.until_ns;
    return place;
}

bool PageWalk::isDone() const {
    return question_.oldest_first ? place_.edge_ns >= question_.until_ns
                                  : place_.edge_ns <= question_.since_ns;
}

int64_t PageWalk::fromNs() const {
    if (question_.oldest_first) {
        return place_.edge_ns;
    }
    const int64_t width_ns = place_.is_moment ? 1 : place_.width_ns;
    return std::max(place_.edge_ns - std::min(width_ns, place_.edge_ns), question_.since_ns);
}

int64_t PageWalk::toNs() const {
    if (!question_.oldest_first) {
        return place_.edge_ns;
    }
    const int64_t width_ns = place_.is_moment ? 1 : place_.width_ns;
    return std::min(addTo(place_.edge_ns, width_ns), question_.until_ns);
}

std::string PageWalk::nextQuestion() const {
    // Line breaks, because the text may end in a comment.
    std::string text = cat(question_.head, "\nSINCE \"", base::formatIsoTime(fromNs()),
                           "\"\nUNTIL \"", base::formatIsoTime(toNs()), '"');
    return place_.is_moment ? text : cat(text, "\nTAKE ", records_max_);
}

base::Result<uint64_t> PageWalk::take(const PageFacts& facts) {
    const int64_t from_ns = fromNs();
    const int64_t to_ns = toNs();
    const auto is_outside = [&](int64_t ns) { return ns < from_ns || ns >= to_ns; };
    if (facts.count > 0 && (is_outside(facts.first_ns) || is_outside(facts.last_ns))) {
        return base::fail(base::ErrorKind::Corrupt, "a record is not of the time it was asked for");
    }
    if (place_.is_moment || facts.count < records_max_) {
        place_.edge_ns = question_.oldest_first ? to_ns : from_ns;
        place_.width_ns = place_.is_moment ? place_.width_ns
                                           : nextWidth(place_.width_ns, facts.count, records_max_);
        place_.is_moment = false;
        return facts.count;
    }
    const int64_t edge_ns = question_.oldest_first ? facts.last_ns : facts.last_ns + 1;
    place_.edge_ns = edge_ns;
    place_.is_moment = facts.before_last == 0;
    // From the first record on: before it there may have been nothing for long.
    const int64_t filled_ns = std::abs(facts.last_ns - facts.first_ns);
    place_.width_ns = nextWidth(std::max<int64_t>(filled_ns, 1), facts.count, records_max_);
    return facts.before_last;
}

}  // namespace evd::evctl
