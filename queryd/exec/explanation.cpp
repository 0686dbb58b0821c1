#include "queryd/exec/explanation.h"

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "queryd/exec/question_trace.h"

#include <vector>

namespace evd::queryd {

namespace {

// Counts the answer and keeps nothing of it.
class CountingSink final : public RecordSink {
  public:
    base::Result<void> record(std::span<const uint8_t> msgpack_map) override {
        ++records_;
        bytes_ += msgpack_map.size();
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> flush() override { return {}; }

    uint64_t records() const { return records_; }
    uint64_t bytes() const { return bytes_; }

  private:
    uint64_t records_ = 0;
    uint64_t bytes_ = 0;
};

// One record at a time, in memory that is used again.
class RecordWriter {
  public:
    explicit RecordWriter(RecordSink& sink) : sink_(sink) {}

    wire::MsgpackWriter begin(uint32_t fields, std::string_view step) {
        bytes_.clear();
        wire::MsgpackWriter writer(bytes_);
        writer.mapHeader(fields);
        writer.text("step");
        writer.text(step);
        return writer;
    }
    base::Result<void> send() { return sink_.record(bytes_); }

  private:
    RecordSink& sink_;
    std::vector<uint8_t> bytes_;
};

void addNumber(wire::MsgpackWriter& writer, std::string_view name, uint64_t value) {
    writer.text(name);
    writer.unsignedInteger(value);
}

base::Result<void> sendPlan(const std::string& plan, RecordWriter& records) {
    for (const std::string_view line : base::split(base::trim(plan), '\n')) {
        auto writer = records.begin(2, "plan");
        writer.text("text");
        writer.text(line);
        EVD_TRY(records.send());
    }
    return {};
}

base::Result<void> sendRead(const QuestionTrace::Read& read, RecordWriter& records) {
    auto writer = records.begin(10, read.step);
    writer.text("database");
    writer.text(base::toUtf8(read.database));
    writer.text("access");
    std::string access;
    for (const std::string& one : read.access) {
        access += base::cat(access.empty() ? "" : "; ", one);
    }
    writer.text(access);
    addNumber(writer, "rows_looked_at", read.rows_looked_at);
    addNumber(writer, "rows_matched", read.rows_matched);
    addNumber(writer, "bytes_read", read.bytes_read);
    addNumber(writer, "time_ns", static_cast<uint64_t>(read.time_ns));
    addNumber(writer, "slices", read.slices);
    writer.text("cut_short");
    writer.boolean(read.cut_short);
    writer.text("left_out");
    writer.boolean(read.left_out);
    return records.send();
}

base::Result<void> sendTotal(const CountingSink& answer, int64_t time_ns,
                             const base::Result<void>& outcome, RecordWriter& records) {
    auto writer = records.begin(outcome.ok() ? 4 : 5, "answer");
    addNumber(writer, "records", answer.records());
    addNumber(writer, "bytes", answer.bytes());
    addNumber(writer, "time_ns", static_cast<uint64_t>(time_ns));
    if (!outcome.ok()) {
        writer.text("error");
        writer.text(base::toUtf8(outcome.error().text));
    }
    return records.send();
}

}  // namespace

base::Result<void> explainQuestion(QueryEngine& engine, const PreparedQuery& query,
                                   const RunOptions& options, const base::Clock& clock,
                                   RecordSink& sink) {
    QuestionTrace trace;
    RunOptions traced = options;
    traced.trace = &trace;
    CountingSink answer;
    const int64_t begun_ns = clock.monotonicNs();
    const auto outcome = engine.run(query, traced, answer);
    const int64_t time_ns = clock.monotonicNs() - begun_ns;
    if (!outcome.ok() && options.cancelled != nullptr && *options.cancelled) {
        return outcome;
    }
    RecordWriter records(sink);
    EVD_TRY(sendPlan(query.planText(), records));
    for (const QuestionTrace::Read& read : trace.reads()) {
        EVD_TRY(sendRead(read, records));
    }
    EVD_TRY(sendTotal(answer, time_ns, outcome, records));
    return sink.initialComplete();
}

}  // namespace evd::queryd
