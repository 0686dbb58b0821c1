#include "queryd/evctl/percentile_heat.h"

#include "common/base/text.h"
#include "queryd/client/query_channel.h"
#include "queryd/evctl/chart/heat_lines.h"
#include "queryd/evctl/chart/plot_collector.h"
#include "queryd/evctl/output/record_fields.h"
#include "queryd/evctl/plotting.h"
#include "queryd/evctl/progress.h"
#include "queryd/evctl/spool.h"

#include <array>

namespace evd::evctl {

namespace {

// From the top, as a person thinks of them.
constexpr std::array<const char*, 3> kPercentiles = {"P99", "P95", "P50"};

// Keeps the records of one answer for a picture of several.
class SpooledAnswer final : public queryd::AnswerReader {
  public:
    SpooledAnswer(const SessionContext& context, Progress& progress)
        : spool_(context.spool_folder), progress_(progress) {}

    base::Result<void> record(std::span<const uint8_t> msgpack_map) override {
        progress_.add(1);
        return spool_.add(msgpack_map);
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> burstComplete() override { return {}; }
    Spool& records() { return spool_; }

  private:
    Spool spool_;
    Progress& progress_;
};

using Answers = std::array<std::unique_ptr<SpooledAnswer>, kPercentiles.size()>;

base::Result<void> collect(Answers& answers, PlotCollector& collector) {
    std::vector<FieldView> fields;
    bool is_survey = true;
    const auto show = [&](std::span<const uint8_t> record) -> base::Result<void> {
        EVD_TRY(readFields(record, fields));
        is_survey ? collector.survey(fields) : collector.add(fields);
        return {};
    };
    for (const bool first_pass : {true, false}) {
        is_survey = first_pass;
        for (size_t i = 0; i < answers.size(); ++i) {
            collector.nameAnswer(kPercentiles[i]);
            EVD_TRY(answers[i]->records().forEach(show));
        }
    }
    return {};
}

}  // namespace

bool mayBeHistogram(const Arguments& arguments, const QueryWords& words) {
    return arguments.heat && words.metric && !words.transform && !words.stream;
}

base::Result<void> drawPercentiles(const SessionContext& context, const std::string& question) {
    Answers answers;
    Progress progress("answer", ProgressUnit::Records, 0);
    for (size_t i = 0; i < answers.size(); ++i) {
        const auto channel = openChannel(context);
        if (!channel.ok()) {
            return channel.error();
        }
        answers[i] = std::make_unique<SpooledAnswer>(context, progress);
        // In a line of its own, which a comment at the question's end does not swallow.
        EVD_TRY(channel.value()->ask(base::cat(question, '\n', kPercentiles[i]),
                                     {context.arguments.timeout_ms, false}, *answers[i]));
    }
    progress.stop();
    PlotCollector collector;
    EVD_TRY(collect(answers, collector));
    if (!collector.isDrawable()) {
        return base::fail(base::ErrorKind::Invalid,
                          "there is nothing to draw in this answer; a picture needs SINCE and more "
                          "than one moment");
    }
    context.output.buffer() += heatLines(collector.scene(), chartStyleFor(context));
    EVD_TRY(context.output.flush());
    context.output.endPage();
    return writeSvg(context, collector);
}

}  // namespace evd::evctl
