#pragma once

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/wire/metric_sample.h"
#include "store/log_database.h"
#include "store/metric_database.h"
#include "store/record_store.h"

#include "tests/support/temporary_directory.h"
#include "tests/unit/store/report_loop.h"

#include <doctest/doctest.h>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace evd::test {

inline base::Guid guidOf(uint8_t byte) {
    base::Guid guid;
    guid.bytes.fill(byte);
    return guid;
}

// Numbered batches with the memory that they point into.
class BatchMaker {
  public:
    explicit BatchMaker(base::Guid sender = guidOf(9)) : sender_(sender) {}

    store::RecordBatch logs(uint64_t number, size_t lines, std::string_view origin = "sshd",
                            int64_t first_timestamp_ns = 1'000) {
        store::RecordBatch batch = begun(number);
        for (size_t line = 0; line < lines; ++line) {
            batch.logs.records.push_back({first_timestamp_ns + static_cast<int64_t>(line), origin,
                                          line % 2 == 1, keep(base::cat("line ", line)),
                                          std::nullopt});
        }
        return batch;
    }
    // One gauge sample of each of that many series: name{n=<i>}.
    store::RecordBatch gauges(uint64_t number, size_t series, int64_t timestamp_ns = 1'000,
                              std::string_view name = "load") {
        store::RecordBatch batch = begun(number);
        for (size_t i = 0; i < series; ++i) {
            addSample(batch, name, base::cat("n=", i), wire::MetricType::Gauge, timestamp_ns,
                      static_cast<double>(i));
        }
        return batch;
    }
    void addSample(store::RecordBatch& batch, std::string_view name, std::string labels,
                   wire::MetricType type, int64_t timestamp_ns, double value) {
        batch.samples.series.push_back({name, keep(std::move(labels)), type});
        batch.samples.samples.push_back({static_cast<uint32_t>(batch.samples.series.size() - 1),
                                         timestamp_ns, value, std::nullopt});
    }
    void addHistogram(store::RecordBatch& batch, std::string_view name,
                      std::vector<double> boundaries, int64_t timestamp_ns = 1'000) {
        addSample(batch, name, "", wire::MetricType::Histogram, timestamp_ns, 0);
        batch.samples.samples.back().histogram =
            static_cast<uint32_t>(batch.samples.histograms.size());
        const std::vector<uint64_t> counts(boundaries.size(), 1);
        batch.samples.histograms.push_back({std::move(boundaries), counts, 1, 0.5});
    }
    store::RecordBatch begun(uint64_t number) const {
        store::RecordBatch batch;
        batch.sender = sender_;
        batch.number = number;
        batch.bytes = 100;
        return batch;
    }
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  private:
    const base::Guid sender_;
    std::deque<std::string> texts_;
};

class RecordLoop final : public store::RecordStoreListener, public ReportLoop {
  public:
    void reportsWaiting() override { noteReport(); }
    void committed(const wire::CommitNotice& notice) override { noteCommit(notice); }
    void storageFailed(std::string_view store, const std::string& text) override {
        failures.push_back(base::cat(store, ": ", text));
    }
    void diskFailed() override { ++disk_failures; }

    std::vector<std::string> failures;
    int disk_failures = 0;
};

// A log or metric store on a folder of its own, made again as often as a test likes.
class RecordFixture {
  public:
    enum class Kind { Logs, Metrics };
    explicit RecordFixture(Kind kind, uint64_t rows_max = 5'000)
        : kind_(kind), rows_max_(rows_max) {}

    bool isLogs() const { return kind_ == Kind::Logs; }

    store::RecordStore& open() {
        store_.reset();
        auto opened = store::RecordStore::open(
            {path(), {rows_max_, 500 * base::kNsPerMs}, 4'000'000}, format(), clock, loop);
        REQUIRE(opened);
        store_ = std::move(opened).value();
        return *store_;
    }
    // As eventd-ingest 9.
    store::RecordStore& openAndAttach() {
        open();
        (void)store_->attach(guidOf(9));
        return *store_;
    }
    std::unique_ptr<store::RecordFormat> format() {
        if (isLogs()) {
            return std::make_unique<store::LogFormat>(guidOf(7));
        }
        return std::make_unique<store::MetricFormat>(state);
    }
    // "ok", the kind of the error, or "none".
    std::string write(store::RecordBatch batch) {
        const auto answer = send(std::move(batch));
        loop.runUntilIdle(*store_);
        return *answer;
    }
    std::shared_ptr<std::string> send(store::RecordBatch batch) {
        auto text = std::make_shared<std::string>("none");
        store_->write(std::move(batch), std::make_unique<Answer>(text));
        return text;
    }
    store::RecordStore& store() { return *store_; }
    void close() { store_.reset(); }
    std::string path() const {
        return directory_ / (isLogs() ? "below/logs.db" : "below/metrics.db");
    }
    std::string folder() const { return directory_ / "below"; }
    std::string ask(const std::string& sql) const { return askFile(path(), sql); }
    // So many lines or samples, whichever it stores.
    store::RecordBatch batch(uint64_t number, size_t records) {
        return isLogs() ? make.logs(number, records) : make.gauges(number, records);
    }
    // Asks for the number of records.
    std::string countSql() const {
        return isLogs() ? "SELECT count(*) FROM logs" : "SELECT count(*) FROM samples";
    }
    // An index that the store counts on is gone. Only while no store has it open.
    void corrupt() const {
        damage(isLogs() ? "DROP INDEX idx_logs_origin" : "DROP INDEX idx_samples_series_timestamp");
    }
    // Only while no store has it open.
    void damage(const std::string& sql) const {
        auto connection = db::Connection::openForWriting(path());
        REQUIRE(connection);
        REQUIRE(connection.value()->execute(sql));
    }
    // A measure of a log store or a metric store, by the end of its name.
    int64_t ownMeasure(const std::string& name) const {
        return measure(base::cat(isLogs() ? "logs." : "metrics.", name));
    }
    int64_t measure(const std::string& name) const {
        std::vector<wire::Measure> all;
        store_->addMeasures(all);
        for (const wire::Measure& measure : all) {
            if (measure.name == name) {
                return measure.value;
            }
        }
        FAIL("there is no measure ", name);
        return 0;
    }

    base::SystemClock clock;
    RecordLoop loop;
    store::MetricState state;
    BatchMaker make;

  private:
    class Answer final : public store::RunAnswer {
      public:
        explicit Answer(std::shared_ptr<std::string> text) : text_(std::move(text)) {}
        void give(base::Result<void> outcome) override {
            *text_ = outcome.ok() ? "ok" : base::errorKindName(outcome.error().kind);
        }

      private:
        const std::shared_ptr<std::string> text_;
    };

    const Kind kind_;
    const uint64_t rows_max_;
    TemporaryDirectory directory_;
    std::unique_ptr<store::RecordStore> store_;
};

}  // namespace evd::test
