#include "store/health_samples.h"

#include "common/base/text.h"
#include "store/health_report.h"

#include <doctest/doctest.h>
#include <algorithm>

namespace evd::store {
namespace {

std::string textOf(const std::vector<HealthSample>& samples, std::string_view metric) {
    std::string text;
    for (const HealthSample& sample : samples) {
        if (sample.name == metric) {
            text += base::cat(text.empty() ? "" : " ", '{', sample.labels, "}=", sample.value);
        }
    }
    return text;
}

wire::ProcessStatus process(std::string name, std::vector<wire::Measure> measures) {
    wire::ProcessStatus status;
    status.name = std::move(name);
    status.measures = std::move(measures);
    status.memory_bytes = 4096;
    status.restarts = 2;
    return status;
}

TEST_CASE("health samples: every process tells its memory and restarts") {
    const auto samples = healthSamples({process("eventd", {}), process("eventd-queryd", {})});
    CHECK(textOf(samples, "eventd.process.memory.bytes") ==
          "{process=eventd}=4096 {process=eventd-queryd}=4096");
    CHECK(textOf(samples, "eventd.process.restarts.total") ==
          "{process=eventd}=2 {process=eventd-queryd}=2");
}

TEST_CASE("health samples: what stands between the dots becomes a label") {
    const auto samples = healthSamples(
        {process("eventd-collector", {{"ring.0.lost_events", 3}, {"ring.17.lost_events", 4}}),
         process("eventd-store", {{"shard.1.file_bytes", 9}, {"stored_events", 70}})});
    CHECK(textOf(samples, "eventd.events.lost.total") == "{cpu=0}=3 {cpu=17}=4");
    CHECK(textOf(samples, "eventd.store.bytes") == "{shard=1,store=events}=9");
    CHECK(textOf(samples, "eventd.events.stored.total") == "{}=70");
}

TEST_CASE("health samples: a figure that is not chosen, or of another process, is no metric") {
    const auto samples = healthSamples(
        {process("eventd-sensor", {{"stored_events", 1}, {"process.known", 2}}),
         process("eventd-collector", {{"ring..lost_events", 1}, {"ring.0.lost_events.x", 1}}),
         process("eventd-collector", {{"ring.a,b.lost_events", 1}})});
    CHECK(samples.size() == 2 * 3);
}

TEST_CASE("health samples: all names are of the group and units come last") {
    const auto samples =
        healthSamples({process("eventd-queryd", {{"queries_running", 1}, {"queries_refused", 2}})});
    CHECK(std::all_of(samples.begin(), samples.end(), [](const HealthSample& sample) {
        return sample.name.starts_with("eventd.");
    }));
    CHECK(textOf(samples, "eventd.queries.refused.total") == "{}=2");
}

TEST_CASE("health samples: a report is one batch of the store's own, held until it is answered") {
    std::vector<HealthSample> samples = healthSamples({process("eventd", {})});
    wire::Histogram seconds{{0.1, 1}, {3, 4}, 5, 2.5};
    samples.push_back(commitSample("events", 3, seconds));
    const HealthBatch report = healthBatch(std::move(samples), 77);
    const SampleBatch& batch = report.batch.samples;
    REQUIRE(batch.samples.size() == 3);
    CHECK(report.batch.number == kOwnBatch);
    CHECK(batch.series[0].name == "eventd.process.memory.bytes");
    CHECK(batch.series[2].labels == "shard=3,store=events");
    CHECK(batch.samples[0].timestamp_ns == 77);
    CHECK(batch.samples[0].value == 4096);
    REQUIRE(batch.samples[2].histogram);
    CHECK(batch.histograms[*batch.samples[2].histogram] == seconds);
}

}  // namespace
}  // namespace evd::store
