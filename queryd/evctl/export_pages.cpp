#include "queryd/evctl/export_pages.h"

#include "common/base/text.h"
#include "queryd/evctl/output/record_fields.h"
#include "queryd/evctl/spool.h"

#include <optional>
#include <vector>

namespace evd::evctl {

namespace {

// The records of one page, and what the walk must know of them.
class PageReader final : public queryd::AnswerReader {
  public:
    PageReader(std::string spool_folder, Progress* progress)
        : spool_(std::move(spool_folder)), progress_(progress) {}

    base::Result<void> record(std::span<const uint8_t> record) override {
        const auto time = timeOf(record, fields_);
        if (!time) {
            return base::fail(base::ErrorKind::Unsupported,
                              "some records do not show their time, so the answer has no pages");
        }
        facts_.first_ns = facts_.count == 0 ? *time : facts_.first_ns;
        if (facts_.count == 0 || *time != facts_.last_ns) {
            facts_.before_last = facts_.count;
            facts_.last_ns = *time;
        }
        ++facts_.count;
        if (progress_ != nullptr) {
            progress_->add(1);
        }
        return spool_.add(record);
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> burstComplete() override { return {}; }

    const PageFacts& facts() const { return facts_; }
    Spool& spool() { return spool_; }

  private:
    Spool spool_;
    Progress* progress_;
    PageFacts facts_;
    std::vector<FieldView> fields_;
};

base::Result<void> askPage(const SessionContext& context, const std::string& question,
                           PageReader& reader) {
    const auto channel = openChannel(context);
    if (!channel.ok()) {
        return channel.error();
    }
    noteAsked(context, question);
    return channel.value()->ask(question, {context.arguments.timeout_ms, false}, reader);
}

}  // namespace

base::Result<void> PageExport::page(Progress* progress) {
    PageReader reader(context_.spool_folder, progress);
    EVD_TRY(askPage(context_, walk_.nextQuestion(), reader));
    const auto good = walk_.take(reader.facts());
    if (!good.ok()) {
        return good.error();
    }
    uint64_t left = good.value();
    EVD_TRY(reader.spool().forEach([&](std::span<const uint8_t> record) -> base::Result<void> {
        if (left == 0) {
            return {};  // these come again, with the next page
        }
        --left;
        ++records_;
        return sink_.record(record);
    }));
    return sink_.pageDone();
}

base::Result<void> PageExport::run(const PageTaken& taken) {
    std::optional<Progress> progress;
    if (!printsToTerminal(context_)) {
        progress.emplace("exporting", ProgressUnit::Records, uint64_t{0});
    }
    while (!walk_.isDone()) {
        EVD_TRY(page(progress ? &*progress : nullptr));
        EVD_TRY(taken(walk_));
    }
    return {};
}

bool printsToTerminal(const SessionContext& context) {
    return context.output_is_terminal && context.arguments.into.empty();
}

base::Result<void> settleBeginning(const SessionContext& context, PagedQuestion& question) {
    if (!question.oldest_first || question.has_since) {
        return {};
    }
    PageReader reader(context.spool_folder, nullptr);
    EVD_TRY(askPage(context,
                    base::cat(question.head, "\nUNTIL \"", base::formatIsoTime(question.until_ns),
                              "\"\nTAKE 1"),
                    reader));
    question.has_since = true;
    question.since_ns = reader.facts().count == 0 ? question.until_ns : reader.facts().last_ns;
    return {};
}

}  // namespace evd::evctl
