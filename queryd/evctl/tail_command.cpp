#include "queryd/evctl/tail_command.h"

#include "common/base/text.h"
#include "queryd/evctl/answer_output.h"
#include "queryd/evctl/pause.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/shell/question_words.h"
#include "queryd/evctl/tail_memory.h"
#include "queryd/evctl/terminal.h"
#include "queryd/evctl/time_words.h"

#include <algorithm>
#include <utility>

namespace evd::evctl {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

}  // namespace

TailQuery tailQuery(std::span<const std::string> words, uint32_t lines) {
    std::string typed;
    for (const std::string& word : words) {
        typed += base::cat(typed.empty() ? "" : " ", word);
    }
    // A whole question may have been typed as one word.
    const std::string_view rest = base::trim(typed);
    const size_t end = std::min(rest.find_first_of(kBlanks), rest.size());
    const std::string_view first = rest.substr(0, end);
    const bool is_logs = base::equalsFolded(first, "logs");
    const bool has_mode = is_logs || base::equalsFolded(first, "events");
    TailQuery query{is_logs ? "LOGS" : "EVENTS", true};
    const std::string_view clauses = has_mode ? base::trim(rest.substr(end)) : rest;
    query.text += clauses.empty() ? "" : base::cat(' ', clauses);
    const QueryWords found = findQueryWords(query.text);
    // Line breaks, because the clauses may end in a comment.
    query.text += found.take ? "" : base::cat("\nTAKE ", lines);
    query.text += found.stream ? "" : "\nSTREAM";
    query.reversed = !found.sort;
    return query;
}

std::string withFixedSince(std::string question, int64_t then_ns) {
    const auto words = questionWords(question);
    const auto isPlain = [&](size_t at, std::string_view word) {
        return at < words.size() && words[at].kind == QuestionWord::Kind::Plain &&
               base::equalsFolded(words[at].text, word);
    };
    for (size_t at = 0; at + 1 < words.size(); ++at) {
        const bool is_past = isPlain(at + 2, "ago");
        const bool is_day = isPlain(at + 1, "today") || isPlain(at + 1, "yesterday");
        if (!isPlain(at, "SINCE") || isCompared(words, at) || !(is_past || is_day)) {
            continue;
        }
        const size_t begin = words[at + 1].begin;
        const size_t bytes = words[is_past ? at + 2 : at + 1].end - begin;
        const auto moment = momentOf(base::cat(words[at + 1].text, is_past ? " ago" : ""),
                                     /*utc=*/true, then_ns);
        if (moment) {
            return question.replace(
                begin, bytes,
                base::cat('"', base::formatIsoTime(std::max<int64_t>(*moment, 0)), '"'));
        }
    }
    return question;
}

namespace {

constexpr int kPauseFirstMs = 500;
constexpr int kPauseMostMs = 5'000;
// What a broken connection may have missed; more is left out, oldest first.
constexpr uint32_t kMissedRecordsMax = 100'000;

class Tail {
  public:
    explicit Tail(const SessionContext& context)
        : context_(context),
          printer_(printerFor(context, /*live=*/true)),
          began_ns_(context.clock.wallNs()) {}

    base::Result<void> run() {
        while (true) {
            const auto outcome = attempt();
            if (outcome.ok() || !wantsAnother(outcome.error())) {
                return outcome;
            }
            if (!is_away_) {
                complain(base::cat(outcome.error().text, "; trying again until it answers"));
            }
            is_away_ = true;
            pauseFor(pause_ms_);
            pause_ms_ = std::min(2 * pause_ms_, kPauseMostMs);
        }
    }

  private:
    // Once it has worked, a connection that breaks or cannot be made is only for now. What our own
    // end cannot do it cannot do with another connection either.
    bool wantsAnother(const base::Error& error) const {
        return is_continued_ && !has_failed_here_ &&
               (was_live_ || error.kind != base::ErrorKind::Invalid);
    }

    base::Result<void> attempt() {
        was_live_ = false;
        const auto channel = openChannel(context_);
        if (!channel.ok()) {
            return channel.error();
        }
        memory_.beginAgain();
        const TailQuery query = question();
        noteAsked(context_, query.text);
        AnswerOutput answer(*printer_, context_.output, context_.spool_folder,
                            query.reversed ? InitialOrder::Reversed : InitialOrder::AsAnswered);
        if (is_continued_) {
            answer.continueAnswer();
        }
        Reader reader(*this, answer);
        const auto outcome = channel.value()->ask(
            query.text, {context_.arguments.timeout_ms, /*watch=*/true}, reader);
        return outcome.ok() ? ours(answer.complete()) : outcome;
    }

    base::Result<void> ours(base::Result<void> outcome) {
        has_failed_here_ = has_failed_here_ || !outcome.ok();
        return outcome;
    }

    TailQuery question() const {
        const auto resume_ns = memory_.resumeNs();
        const Arguments& arguments = context_.arguments;
        // Who says since when wants all since then.
        const bool wants_all = resume_ns || (!arguments.since.empty() && !arguments.lines_given);
        TailQuery query =
            tailQuery(arguments.words, wants_all ? kMissedRecordsMax : arguments.lines);
        for (const auto& [clause, time] : {std::pair("SINCE", &context_.arguments.since),
                                           std::pair("UNTIL", &context_.arguments.until)}) {
            query.text += time->empty() ? "" : base::cat('\n', clause, ' ', *time);
        }
        if (is_continued_) {
            query.text = withFixedSince(std::move(query.text), began_ns_);
        }
        if (resume_ns) {
            query.text += base::cat("\nWHERE timestamp >= ", *resume_ns);
        }
        return query;
    }

    // Passes an answer on, without what has been shown before, and remembers what is shown.
    class Reader final : public queryd::AnswerReader {
      public:
        Reader(Tail& tail, AnswerOutput& output) : tail_(tail), output_(output) {}

        base::Result<void> record(std::span<const uint8_t> record) override {
            if (tail_.memory_.takeKnown(record)) {
                return {};
            }
            EVD_TRY(tail_.ours(output_.record(record)));
            tail_.memory_.shown(record, tail_.context_.clock.wallNs());
            return {};
        }
        base::Result<void> initialComplete() override {
            tail_.becameLive();
            EVD_TRY(tail_.ours(output_.initialComplete()));
            tail_.memory_.settle();
            return {};
        }
        base::Result<void> burstComplete() override { return tail_.ours(output_.burstComplete()); }

      private:
        Tail& tail_;
        AnswerOutput& output_;
    };

    void becameLive() {
        if (is_away_) {
            complain("connected again");
        }
        is_away_ = false;
        is_continued_ = true;
        was_live_ = true;
        pause_ms_ = kPauseFirstMs;
    }

    const SessionContext& context_;
    std::unique_ptr<RecordPrinter> printer_;
    const int64_t began_ns_;
    TailMemory memory_;
    bool is_continued_ = false;  // an initial result has been shown
    bool was_live_ = false;      // in the attempt that ended last
    bool is_away_ = false;
    bool has_failed_here_ = false;  // at our end, and not at the server's
    int pause_ms_ = kPauseFirstMs;
};

}  // namespace

base::Result<void> runTail(const SessionContext& context) {
    return Tail(context).run();
}

}  // namespace evd::evctl
