#include "queryd/exec/query_engine.h"

#include "common/base/text.h"
#include "queryd/access/access_policy.h"
#include "queryd/exec/cross_ranges.h"
#include "queryd/exec/event_reading.h"
#include "queryd/exec/index_right.h"
#include "queryd/exec/live_records.h"
#include "queryd/exec/metric_question.h"
#include "queryd/exec/record_answer.h"
#include "queryd/exec/store_readers.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/filter_fields.h"
#include "queryd/plan/plan_printer.h"
#include "queryd/plan/planner.h"

#include <mutex>
#include <optional>
#include <string>

namespace evd::queryd {

namespace {

// A question about records of one table, or the INDEX command, which asks nothing.
class RecordQuestion final : public PreparedQuery {
  public:
    explicit RecordQuestion(RecordPlan plan) : plan_(std::move(plan)) {}
    explicit RecordQuestion(std::string index_field) : index_field_(std::move(index_field)) {}
    bool streaming() const override { return plan_.stream; }
    std::string planText() const override {
        return index_field_ ? base::cat("make an index on ", *index_field_) : printPlan(plan_);
    }
    const RecordPlan& plan() const { return plan_; }
    const std::optional<std::string>& indexField() const { return index_field_; }

  private:
    RecordPlan plan_;
    std::optional<std::string> index_field_;
};

// For one who may see nothing: new records are nothing to them either (Ruling A2).
class NothingNew final : public LiveSource {
  public:
    base::Result<Round> sendNew() override { return Round{}; }
    base::Result<void> flush() override { return {}; }
};

class LocalEngine final : public QueryEngine {
  public:
    LocalEngine(EngineConfig config, const base::Clock& clock, CommitSignal& signal,
                StoreControl* store)
        : config_(std::move(config)), clock_(clock), signal_(signal), store_(store) {}

    base::Result<std::unique_ptr<PreparedQuery>> prepare(std::string_view text) override {
        auto query = parseQuery(text);
        if (!query) {
            return query.error();
        }
        if (query.value().index_field) {
            return std::unique_ptr<PreparedQuery>(
                std::make_unique<RecordQuestion>(query.value().index_field->name));
        }
        const int64_t now_ns = clock_.wallNs();
        EVD_TRY(checkLookback(query.value(), now_ns, crossLookbackSeconds(config_)));
        if (query.value().mode == Mode::Metric) {
            return prepareMetric(query.value(), now_ns);
        }
        auto plan = planQuery(query.value(), now_ns);
        if (!plan) {
            return plan.error();
        }
        return std::unique_ptr<PreparedQuery>(
            std::make_unique<RecordQuestion>(std::move(plan).value()));
    }

    base::Result<void> run(const PreparedQuery& query, const RunOptions& options,
                           RecordSink& sink) override {
        if (const auto* metric = dynamic_cast<const MetricQuestion*>(&query)) {
            reportFilters(crossFields(metric->plan().cross), options);
            return runMetric(*metric, readers(), config_, store_, options.caller.maySeeEverything(),
                             controlOf(options), sink);
        }
        const auto& question = static_cast<const RecordQuestion&>(query);
        if (question.indexField()) {
            return options.trace != nullptr ? base::Result<void>()
                                            : index(*question.indexField(), options);
        }
        const RecordPlan& plan = question.plan();
        const RunControl control = controlOf(options);
        // Per-field descriptors are not read yet: all or nothing, and nothing looks like an empty
        // store (Ruling A2).
        const bool sees = options.caller.maySeeEverything();
        reportFilters(
            plan.table->store == StoreKind::Events ? filterFields(plan) : crossFields(plan.cross),
            options);
        StoreReaders& readers = this->readers();
        CrossReader cross(readers, config_);
        // One who sees nothing learns nothing of other stores either (Spec §9.2).
        const auto resolved =
            sees ? resolvePlan(cross, plan, control) : base::Result<RecordPlan>(plan);
        if (!resolved) {
            return resolved.error();
        }
        const auto databases =
            sees ? readers.databases(plan.table->store)
                 : base::Result<std::vector<DatabaseFile>>(std::vector<DatabaseFile>());
        if (!databases) {
            return base::fail(databases.error().kind, plan.table->store == StoreKind::Logs
                                                          ? "the log store cannot be read"
                                                          : "the event store cannot be read");
        }
        auto cursors = answerRecords(readers, resolved.value(), databases.value(), control, sink);
        if (!cursors) {
            return cursors.error();
        }
        EVD_TRY(sink.initialComplete());
        if (!plan.stream || options.trace != nullptr) {
            return {};
        }
        if (!sees) {
            NothingNew nothing;
            return followCommits(nothing, signal_, options.cancelled);
        }
        const RecordPlan live_plan = livePlan(plan);
        LiveRecords live(readers, live_plan, control, cross, std::move(cursors).value(), sink);
        return followCommits(live, signal_, options.cancelled);
    }

    base::Result<void> readEvents(const EventQuestion& question, const RunOptions& options,
                                  RecordSink& sink) override {
        if (!options.caller.maySeeEverything()) {
            return base::fail(base::ErrorKind::Denied, "the event store is for administrators");
        }
        if (store_ == nullptr) {
            return base::fail(base::ErrorKind::Unsupported, "there is no store to ask");
        }
        RunControl control = controlOf(options);
        if (question.kind == EventQuestion::Kind::Follow) {
            control.deadline_monotonic_ns = 0;
        }
        return queryd::readEvents(question,
                                  {config_.event_store_path, event_connections_, *store_, signal_},
                                  control, sink);
    }

  private:
    // Those who see nothing have no say in what is worth an index. Counted before the question
    // runs: one that takes too long is the one that needs an index.
    void reportFilters(const std::vector<std::string>& fields, const RunOptions& options) {
        if (store_ != nullptr && !fields.empty() && options.caller.maySeeEverything()) {
            store_->filtered(fields);
        }
    }

    RunControl controlOf(const RunOptions& options) const {
        RunControl control;
        control.clock = &clock_;
        control.deadline_monotonic_ns = options.deadline_monotonic_ns;
        control.cancelled = options.cancelled;
        control.trace = options.trace;
        return control;
    }

    // Ruling Q12: the answer is its end alone.
    base::Result<void> index(const std::string& field, const RunOptions& options) {
        if (config_.access != nullptr) {
            EVD_TRY(mayIndex(config_.event_store_path, config_.access->checker(), options.caller));
        } else if (!options.caller.maySeeEverything()) {
            return base::fail(base::ErrorKind::Denied, "INDEX is for administrators");
        }
        if (store_ == nullptr) {
            return base::fail(base::ErrorKind::Unsupported, "there is no store to make an index");
        }
        return store_->index(field, options.deadline_monotonic_ns, options.cancelled);
    }

    StoreReaders& readers() {
        const std::lock_guard lock(mutex_);
        if (!readers_) {
            readers_ = std::make_unique<StoreReaders>(
                StorePaths{config_.event_store_path, config_.log_store_path},
                config_.reader_threads, config_.memory_bytes_max);
        }
        return *readers_;
    }

    const EngineConfig config_;
    const base::Clock& clock_;
    CommitSignal& signal_;
    StoreControl* const store_;
    ConnectionCache event_connections_;  // of those who read by the global sequence
    std::mutex mutex_;
    std::unique_ptr<StoreReaders> readers_;
};

}  // namespace

std::unique_ptr<QueryEngine> makeQueryEngine(EngineConfig config, const base::Clock& clock,
                                             CommitSignal& signal, StoreControl* store) {
    return std::make_unique<LocalEngine>(std::move(config), clock, signal, store);
}

}  // namespace evd::queryd
