// evd_fuzz_links: evd_collector_ingest
// Whatever lines of StatsD hold, the series that they make are such as the store may believe.

#include "collector/ingest/door.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/histogram.h"

#include <cmath>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    evd::collector::SampleWindow window([] {});
    const auto door = evd::collector::makeStatsdDoor(window);
    evd::collector::RejectCounts rejects;
    std::vector<uint8_t> datagram(data, data + size);
    // Twice, so that lines meet series that are there.
    for (int64_t round = 1; round <= 2; ++round) {
        (void)door->take(datagram, {round, round}, rejects);
    }
    door->finish(3);
    while (const auto batch = window.take(/*only_full=*/false)) {
        for (const auto& sample : batch->samples()) {
            const auto& series = batch->series()[sample.series];
            EVD_CHECK(!batch->text(series.name).empty(), "a series has a name");
            EVD_CHECK(evd::base::isUtf8(batch->text(series.name)), "a name is text");
            EVD_CHECK(evd::wire::readCanonicalLabels(batch->text(series.labels)).ok(),
                      "labels are canonical");
            EVD_CHECK(std::isfinite(sample.value), "a value is finite");
            EVD_CHECK(series.type != evd::wire::MetricType::Counter || sample.value >= 0,
                      "a counter is not negative");
            EVD_CHECK(
                sample.histogram < 0 || evd::wire::checkHistogram(
                                            batch->histogram(static_cast<size_t>(sample.histogram)))
                                            .ok(),
                "a histogram is sound");
        }
    }
    return 0;
}
