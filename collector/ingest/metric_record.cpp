// Fields come in any order, so nothing is judged before all have been seen: the type may follow the
// value. A number is kept as it is; a map can only be a histogram and is read as one at once, into
// the next free place of the pool, which is taken for good when the record turns out to be good.

#include "collector/ingest/metric_record.h"

#include "collector/ingest/histogram_value.h"
#include "collector/ingest/token_value.h"
#include "common/base/text.h"

#include <cmath>

namespace evd::collector {

using wire::MetricType;
using wire::MsgpackKind;
using wire::MsgpackReader;
using wire::MsgpackToken;

void MetricRecordParser::parse(std::span<const uint8_t> datagram, int64_t receipt_ns,
                               std::vector<wire::MetricSample>& out, RejectCounts& rejects) {
    out_ = &out;
    receipt_ns_ = receipt_ns;
    label_texts_used_ = 0;
    histograms_used_ = 0;
    out.clear();
    if (!readRecords(datagram, rejects)) {
        out.clear();
    }
}

void MetricRecordParser::beginRecord() {
    sample_ = {};
    sample_.timestamp_ns = receipt_ns_;
    number_.reset();
    has_histogram_ = false;
    label_text_.clear();
}

int MetricRecordParser::fieldNumber(std::string_view key) const {
    if (key == "name") {
        return kName;
    }
    if (key == "type") {
        return kType;
    }
    if (key == "value") {
        return kValue;
    }
    if (key == "labels") {
        return kLabels;
    }
    return key == "timestamp" ? kTimestamp : -1;
}

bool MetricRecordParser::readField(int field, MsgpackReader& reader) {
    MsgpackReader ahead = reader;
    const auto value = ahead.next();
    if (!value.ok()) {
        return false;
    }
    if (value.value().kind == MsgpackKind::Map && field == kLabels) {
        return readLabels(reader);
    }
    if (value.value().kind == MsgpackKind::Map && field == kValue) {
        return readHistogram(reader);
    }
    if (!isScalar(value.value())) {
        spoil(Reject::WrongType);
        return reader.skip(kValueDepthMax).ok();
    }
    reader = ahead;
    takeScalar(static_cast<Field>(field), value.value());
    return true;
}

void MetricRecordParser::takeScalar(Field field, const MsgpackToken& value) {
    switch (field) {
        case kName:
            takeName(value);
            return;
        case kType:
            takeType(value);
            return;
        case kValue:
            number_ = asDouble(value);
            if (!number_) {
                spoil(Reject::WrongType);
            }
            return;
        case kLabels:
            spoil(Reject::WrongType);
            return;
        case kTimestamp:
            if (const auto timestamp = asTimestamp(value)) {
                sample_.timestamp_ns = *timestamp;
            } else {
                spoil(Reject::WrongType);  // Ruling L4
            }
            return;
    }
}

void MetricRecordParser::takeName(const MsgpackToken& value) {
    if (value.kind != MsgpackKind::Text) {
        spoil(Reject::WrongType);
    } else if (value.bytes.empty() || value.bytes.size() > wire::kMetricNameBytesMax ||
               !base::isUtf8(value.bytes)) {
        spoil(Reject::BadText);
    }
    sample_.name = value.bytes;
}

void MetricRecordParser::takeType(const MsgpackToken& value) {
    if (value.kind != MsgpackKind::Text) {
        spoil(Reject::WrongType);
    } else if (value.bytes == "counter") {
        sample_.type = MetricType::Counter;
    } else if (value.bytes == "gauge") {
        sample_.type = MetricType::Gauge;
    } else if (value.bytes == "histogram") {
        sample_.type = MetricType::Histogram;
    } else {
        spoil(Reject::BadValue);
    }
}

bool MetricRecordParser::readLabels(MsgpackReader& reader) {
    const auto map = reader.next();
    if (!map.ok()) {
        return false;
    }
    labels_.clear();
    for (uint32_t i = 0; i < map.value().count; ++i) {
        wire::MetricLabel label;
        if (!readLabelText(reader, label.key) || !readLabelText(reader, label.value)) {
            return false;
        }
        if (i < wire::kMetricLabelsMax) {
            labels_.push_back(label);
        } else {
            spoil(Reject::BadLabels);
        }
    }
    if (!isSpoilt() && !wire::writeCanonicalLabels(labels_, label_text_).ok()) {
        spoil(Reject::BadLabels);
    }
    return true;
}

bool MetricRecordParser::readLabelText(MsgpackReader& reader, std::string_view& text) {
    MsgpackReader ahead = reader;
    const auto token = ahead.next();
    if (!token.ok()) {
        return false;
    }
    if (token.value().kind != MsgpackKind::Text) {
        spoil(Reject::BadLabels);
        return reader.skip(kValueDepthMax).ok();
    }
    text = token.value().bytes;
    reader = ahead;
    return true;
}

bool MetricRecordParser::readHistogram(MsgpackReader& reader) {
    if (histograms_used_ == histograms_.size()) {
        histograms_.emplace_back();
    }
    switch (readHistogramValue(reader, histograms_[histograms_used_])) {
        case HistogramOutcome::Good:
            has_histogram_ = true;
            return true;
        case HistogramOutcome::Bad:
            spoil(Reject::BadHistogram);
            return true;
        case HistogramOutcome::Malformed:
            return false;
    }
    return false;
}

std::optional<Reject> MetricRecordParser::judgeValue() const {
    if (has_histogram_ != (sample_.type == MetricType::Histogram)) {
        return Reject::WrongType;
    }
    if (!has_histogram_ &&
        (!std::isfinite(*number_) || (sample_.type == MetricType::Counter && *number_ < 0))) {
        return Reject::BadValue;  // Ruling L2
    }
    return std::nullopt;
}

void MetricRecordParser::endRecord() {
    if (!wasRead(kName) || !wasRead(kType) || !wasRead(kValue)) {
        spoil(Reject::MissingField);
        return;
    }
    if (const auto reason = judgeValue()) {
        spoil(*reason);
        return;
    }
    if (has_histogram_) {
        sample_.histogram = &histograms_[histograms_used_++];
    } else {
        sample_.value = *number_;
    }
    if (!label_text_.empty()) {
        if (label_texts_used_ == label_texts_.size()) {
            label_texts_.emplace_back();
        }
        std::string& kept = label_texts_[label_texts_used_++];
        kept.assign(label_text_);
        sample_.labels = kept;
    }
    out_->push_back(sample_);
}

}  // namespace evd::collector
