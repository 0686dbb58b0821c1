#include "store/health_report.h"

#include <utility>

namespace evd::store {

namespace {

// The next report has newer figures: one that is not stored is not missed.
class HeldSamples final : public RunAnswer {
  public:
    explicit HeldSamples(std::vector<HealthSample> samples) : samples_(std::move(samples)) {}
    void give(base::Result<void>) override {}
    const std::vector<HealthSample>& samples() const { return samples_; }

  private:
    const std::vector<HealthSample> samples_;
};

}  // namespace

HealthBatch healthBatch(std::vector<HealthSample> samples, int64_t wall_ns) {
    auto held = std::make_unique<HeldSamples>(std::move(samples));
    HealthBatch report;
    SampleBatch& batch = report.batch.samples;
    for (const HealthSample& sample : held->samples()) {
        SampleRow row;
        row.series = static_cast<uint32_t>(batch.series.size());
        row.timestamp_ns = wall_ns;
        row.value = sample.value;
        if (sample.type == wire::MetricType::Histogram) {
            row.histogram = static_cast<uint32_t>(batch.histograms.size());
            batch.histograms.push_back(sample.histogram);
        }
        batch.series.push_back({sample.name, sample.labels, sample.type});
        batch.samples.push_back(row);
        report.batch.bytes += sample.name.size() + sample.labels.size() + sizeof(SampleRow);
    }
    report.answer = std::move(held);
    return report;
}

}  // namespace evd::store
