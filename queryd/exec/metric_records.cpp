#include "queryd/exec/metric_records.h"

#include "common/wire/msgpack.h"
#include "queryd/exec/row_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

namespace evd::queryd {

namespace {

constexpr uint32_t kRecordsBetweenChecks = 1024;

// A record of the result before it is made.
struct Entry {
    int64_t timestamp_ns;
    uint32_t series;
    uint32_t point;
};

// Makes the records of one result series. Everything but time and value is made once.
class RecordWriter {
  public:
    RecordWriter(const MetricPlan& plan, const ResultSeries& series)
        : shows_(series.identity.shows) {
        SampleFields fields(plan, series.identity);
        if (plan.select) {
            for (const size_t index : *plan.select) {
                addField(plan.fields[index], fields.field(index), series.has_type);
            }
            return;
        }
        addField({"timestamp", MetricField::Kind::Timestamp}, {}, false);
        const Value name =
            shows_.name ? Value::ofText(series.identity.name) : Value();  // missing where hidden
        addField({"name", MetricField::Kind::Name}, name, false);
        const auto labels = wire::readCanonicalLabels(series.identity.labels);
        for (const wire::MetricLabel& label : labels ? labels.value() : kNoLabels) {
            addField({std::string(label.key), MetricField::Kind::Label}, Value::ofText(label.value),
                     false);
        }
        addField({"value", MetricField::Kind::Value}, {}, false);
    }

    void write(const MetricPoint& point, std::vector<uint8_t>& out) const {
        wire::MsgpackWriter writer(out);
        writer.mapHeader(pairs_);
        size_t from = 0;
        for (const Gap& gap : gaps_) {
            writer.raw(std::span(fixed_).subspan(from, gap.at - from));
            from = gap.at;
            if (gap.is_time) {
                writer.integer(point.timestamp_ns);
            } else {
                writer.floating(point.value);
            }
        }
        writer.raw(std::span(fixed_).subspan(from));
    }

  private:
    static inline const std::vector<wire::MetricLabel> kNoLabels;

    // Where in the fixed bytes a value of the point belongs.
    struct Gap {
        size_t at;
        bool is_time;
    };

    void addField(const MetricField& field, const Value& value, bool has_type) {
        const bool is_time = field.kind == MetricField::Kind::Timestamp;
        const bool varies = is_time || field.kind == MetricField::Kind::Value;
        const bool is_missing =
            value.isNull() || (field.kind == MetricField::Kind::Type && !has_type);
        const bool is_hidden = is_time ? !shows_.timestamp : !shows_.value;
        if (varies ? is_hidden : is_missing) {
            return;
        }
        ++pairs_;
        encodeText(field.name, fixed_);
        if (varies) {
            gaps_.push_back({fixed_.size(), is_time});
        } else {
            encodeValue(value, fixed_);
        }
    }

    const SeriesFields shows_;
    uint32_t pairs_ = 0;
    std::vector<uint8_t> fixed_;
    std::vector<Gap> gaps_;
};

class RecordSender {
  public:
    RecordSender(const MetricPlan& plan, std::span<const ResultSeries> series,
                 const RunControl& control, MemoryBudget& memory, RecordSink& sink)
        : plan_(plan), series_(series), control_(control), memory_(memory), sink_(sink) {}

    base::Result<void> run() {
        EVD_TRY(checkValues());
        for (const ResultSeries& one : series_) {
            writers_.emplace_back(plan_, one);
        }
        skip_ = plan_.skip;
        take_ = plan_.take.value_or(std::numeric_limits<uint64_t>::max());
        return plan_.sort.empty() ? sendMerged() : sendSorted();
    }

  private:
    // An answer that is not a number is none (Ruling Q8); nothing of it is sent.
    base::Result<void> checkValues() const {
        for (const ResultSeries& one : series_) {
            for (const MetricPoint& point : one.points) {
                if (!std::isfinite(point.value)) {
                    return base::fail(base::ErrorKind::Invalid,
                                      "the result is beyond what a binary64 number can hold");
                }
            }
        }
        return {};
    }

    base::Result<void> sendMerged() {
        const auto comesLater = [](const Entry& left, const Entry& right) {
            return left.timestamp_ns != right.timestamp_ns ? left.timestamp_ns > right.timestamp_ns
                                                           : left.series > right.series;
        };
        std::priority_queue<Entry, std::vector<Entry>, decltype(comesLater)> heads(comesLater);
        for (uint32_t i = 0; i < series_.size(); ++i) {
            if (!series_[i].points.empty()) {
                heads.push({series_[i].points.front().timestamp_ns, i, 0});
            }
        }
        while (!heads.empty() && take_ > 0) {
            Entry entry = heads.top();
            heads.pop();
            EVD_TRY(send(entry));
            const auto& points = series_[entry.series].points;
            if (++entry.point < points.size()) {
                entry.timestamp_ns = points[entry.point].timestamp_ns;
                heads.push(entry);
            }
        }
        return {};
    }

    base::Result<void> sendSorted() {
        std::vector<Entry> entries;
        size_t count = 0;
        for (const ResultSeries& one : series_) {
            count += one.points.size();
        }
        EVD_TRY(memory_.grow(count * sizeof(Entry)));
        entries.reserve(count);
        for (uint32_t i = 0; i < series_.size(); ++i) {
            fields_.emplace_back(plan_, series_[i].identity);
            for (uint32_t k = 0; k < series_[i].points.size(); ++k) {
                entries.push_back({series_[i].points[k].timestamp_ns, i, k});
            }
        }
        std::sort(entries.begin(), entries.end(), [this](const Entry& left, const Entry& right) {
            return comesBefore(left, right);
        });
        for (size_t i = 0; i < entries.size() && take_ > 0; ++i) {
            EVD_TRY(send(entries[i]));
        }
        return {};
    }

    bool comesBefore(const Entry& left, const Entry& right) {
        for (const PlanSort& sort : plan_.sort) {
            const int order = compareOrder(keyOf(left, sort.field), keyOf(right, sort.field));
            if (order != 0) {
                return sort.descending ? order > 0 : order < 0;
            }
        }
        return std::tie(left.timestamp_ns, left.series, left.point) <
               std::tie(right.timestamp_ns, right.series, right.point);
    }

    Value keyOf(const Entry& entry, size_t field) {
        const bool is_type = plan_.fields[field].kind == MetricField::Kind::Type;
        if (is_type && !series_[entry.series].has_type) {
            return {};
        }
        const MetricPoint& point = series_[entry.series].points[entry.point];
        fields_[entry.series].setSample(point.timestamp_ns, point.value);
        return fields_[entry.series].field(field);
    }

    base::Result<void> send(const Entry& entry) {
        if (++seen_ % kRecordsBetweenChecks == 0 && control_.shouldStop()) {
            return control_.stopError();
        }
        if (skip_ > 0) {
            --skip_;
            return {};
        }
        --take_;
        record_.clear();
        writers_[entry.series].write(series_[entry.series].points[entry.point], record_);
        return sink_.record(record_);
    }

    const MetricPlan& plan_;
    std::span<const ResultSeries> series_;
    const RunControl& control_;
    MemoryShare memory_;
    RecordSink& sink_;
    std::vector<RecordWriter> writers_;
    std::vector<SampleFields> fields_;
    std::vector<uint8_t> record_;
    uint64_t skip_ = 0;
    uint64_t take_ = 0;
    uint64_t seen_ = 0;
};

}  // namespace

base::Result<void> sendRecords(const MetricPlan& plan, std::span<const ResultSeries> series,
                               const RunControl& control, MemoryBudget& memory, RecordSink& sink) {
    return RecordSender(plan, series, control, memory, sink).run();
}

}  // namespace evd::queryd
