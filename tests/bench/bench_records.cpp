#include "tests/bench/bench_records.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <span>

namespace evd::bench {

using base::cat;

Lines::Lines() {
    for (int i = 0; i < kLineOrigins; ++i) {
        origins_.push_back(cat("service", i));
    }
}

void Lines::add(wire::RecordDatagram& datagram, uint64_t number) const {
    wire::LogRecord record;
    record.origin = origins_[number % origins_.size()];
    record.message = line_;
    EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
}

Samples::Samples(uint64_t series) {
    for (uint64_t i = 0; i < series; ++i) {
        names_.push_back(cat("bench.metric", i % 50));
        values_.push_back(cat(i));
    }
}

void Samples::add(wire::RecordDatagram& datagram, uint64_t number, int64_t timestamp_ns) const {
    const size_t i = number % names_.size();
    const wire::MetricLabel label{"instance", values_[i]};
    wire::MetricRecord record;
    record.name = names_[i];
    record.labels = std::span(&label, 1);
    record.value = static_cast<double>(number);
    record.timestamp_ns = timestamp_ns;
    EVD_CHECK(datagram.add(record) == wire::RecordDatagram::Added::Yes, "a small record");
}

}  // namespace evd::bench
