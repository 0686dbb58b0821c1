// evd_fuzz_links: evd_queryd_plan evd_queryd_lang evd_common_base
// The text of a question, from a stranger: lexer, parser, binder and planner.

#include "common/base/text.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/metric_plan_printer.h"
#include "queryd/plan/metric_planner.h"
#include "queryd/plan/plan_printer.h"
#include "queryd/plan/planner.h"

#include <cstddef>
#include <cstdint>

namespace {

constexpr int64_t kNow = 1'767'225'600'000'000'000;
constexpr size_t kSentenceBytesMax = 4096;

void checkSentence(const evd::base::Error& error) {
    EVD_CHECK(!error.text.empty() && error.text.size() < kSentenceBytesMax, "an error's sentence");
    EVD_CHECK(error.text.find('\n') == std::string::npos, "a sentence is one line");
    EVD_CHECK(evd::base::isUtf8(error.text), "a sentence is text");
}

void planRecords(const evd::queryd::Query& query) {
    const auto plan = evd::queryd::planQuery(query, kNow);
    if (!plan) {
        checkSentence(plan.error());
        return;
    }
    (void)evd::queryd::printPlan(plan.value());
    (void)evd::queryd::livePlan(plan.value());
}

void planMetrics(const evd::queryd::Query& query) {
    const auto plan = evd::queryd::planMetric(query, kNow);
    if (!plan) {
        checkSentence(plan.error());
        return;
    }
    (void)evd::queryd::printMetricPlan(plan.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto query = evd::queryd::parseQuery(evd::base::asText({data, size}));
    if (!query) {
        checkSentence(query.error());
        return 0;
    }
    if (query.value().mode == evd::queryd::Mode::Metric) {
        planMetrics(query.value());
    } else {
        planRecords(query.value());
    }
    return 0;
}
