#pragma once

#include "collector/ingest/record_reader.h"
#include "common/wire/metric_labels.h"
#include "common/wire/metric_sample.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::collector {

// Turns the bytes of one datagram of the metric socket into metric samples (Spec §6.2).
//
//      {"name": text, "type": "counter" | "gauge" | "histogram", "value": f64 or map,
//       "labels"?: {text: text}, "timestamp"?: u64 ns, ...}     or an array of such maps
//      histogram: {"boundaries": [f64], "counts": [u64], "total_count": u64, "sum": f64, ...}
//
// Never trusts the sender; see RecordReader and Rulings L1, L2, L4 and S11 for what drops what. An
// optional field of a wrong type drops the record here. Names point into the datagram, labels (in
// their canonical order) and histograms into the parser: the samples live until the next call of
// parse or the end of the datagram, whichever comes first. Memory is bounded by that of the largest
// datagram it has seen. One thread.
class MetricRecordParser final : private RecordReader {
  public:
    // Puts the samples over `out`; those that carry no time were received at that.
    void parse(std::span<const uint8_t> datagram, int64_t receipt_ns,
               std::vector<wire::MetricSample>& out, RejectCounts& rejects);

  private:
    enum Field { kName, kType, kValue, kLabels, kTimestamp };

    void beginRecord() override;
    int fieldNumber(std::string_view key) const override;
    bool readField(int field, wire::MsgpackReader& reader) override;
    void endRecord() override;
    void takeScalar(Field field, const wire::MsgpackToken& value);
    void takeName(const wire::MsgpackToken& value);
    void takeType(const wire::MsgpackToken& value);
    bool readLabels(wire::MsgpackReader& reader);
    bool readLabelText(wire::MsgpackReader& reader, std::string_view& text);
    bool readHistogram(wire::MsgpackReader& reader);
    std::optional<Reject> judgeValue() const;

    wire::MetricSample sample_;
    std::optional<double> number_;  // of a value that is one
    bool has_histogram_ = false;    // histograms_[histograms_used_] is one, well formed
    std::vector<wire::MetricLabel> labels_;
    std::string label_text_;
    int64_t receipt_ns_ = 0;
    std::vector<wire::MetricSample>* out_ = nullptr;
    // Deques, because samples point at the elements. Used anew by each call, so that their memory
    // is.
    std::deque<std::string> label_texts_;
    size_t label_texts_used_ = 0;
    std::deque<wire::Histogram> histograms_;
    size_t histograms_used_ = 0;
};

}  // namespace evd::collector
