#include "queryd/exec/query_engine.h"

#include "common/base/text.h"
#include "queryd/access/access_policy.h"
#include "queryd/exec/cross_ranges.h"
#include "queryd/exec/event_reading.h"
#include "queryd/exec/index_right.h"
#include "queryd/exec/live_records.h"
#include "queryd/exec/metric_question.h"
#include "queryd/exec/question_trace.h"
#include "queryd/exec/record_answer.h"
#include "queryd/exec/sight.h"
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
class PreparedRecords final : public PreparedQuery {
  public:
    explicit PreparedRecords(RecordPlan plan) : plan_(std::move(plan)) {}
    explicit PreparedRecords(std::string index_field) : index_field_(std::move(index_field)) {}
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
                std::make_unique<PreparedRecords>(query.value().index_field->name));
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
            std::make_unique<PreparedRecords>(std::move(plan).value()));
    }

    base::Result<void> run(const PreparedQuery& query, const RunOptions& options,
                           RecordSink& sink) override {
        Sights sights(config_.access, options.caller);
        auto done = answer(query, options, sights, sink);
        // What was read tells of records that the caller may not see.
        if (options.trace != nullptr && sights.isRestricted()) {
            options.trace->forget();
        }
        return done;
    }

    base::Result<void> readEvents(const EventQuestion& question, const RunOptions& options,
                                  RecordSink& sink) override {
        if (store_ == nullptr) {
            return base::fail(base::ErrorKind::Unsupported, "there is no store to ask");
        }
        Sights sights(config_.access, options.caller);
        RunControl control = controlOf(options);
        if (question.kind == EventQuestion::Kind::Follow) {
            control.deadline_monotonic_ns = 0;
        }
        return queryd::readEvents(
            question, {config_.event_store_path, connections_, *store_, signal_, sights}, control,
            sink);
    }

  private:
    base::Result<void> answer(const PreparedQuery& query, const RunOptions& options, Sights& sights,
                              RecordSink& sink) {
        const RunControl control = controlOf(options);
        if (const auto* metric = dynamic_cast<const MetricQuestion*>(&query)) {
            reportFilters(crossFields(metric->plan().cross), sights);
            return runMetric(*metric, readers(), config_, store_, sights, control, sink);
        }
        const auto& question = static_cast<const PreparedRecords&>(query);
        if (question.indexField()) {
            return options.trace != nullptr ? base::Result<void>()
                                            : index(*question.indexField(), options);
        }
        return answerRecordQuestion(question.plan(), options, sights, control, sink);
    }

    base::Result<void> answerRecordQuestion(const RecordPlan& plan, const RunOptions& options,
                                            Sights& sights, const RunControl& control,
                                            RecordSink& sink) {
        reportFilters(
            plan.table->store == StoreKind::Events ? filterFields(plan) : crossFields(plan.cross),
            sights);
        StoreReaders& readers = this->readers();
        CrossReader cross(readers, config_, sights);
        RecordPlan asked = plan;
        asked.sight = sights.of(kindOf(plan.table->store));
        const auto resolved = resolvePlan(cross, asked, control);
        if (!resolved) {
            return resolved.error();
        }
        const auto databases = readers.databases(plan.table->store);
        if (!databases) {
            return databases.error();
        }
        auto cursors = answerRecords(readers, resolved.value(), databases.value(), control, sink);
        if (!cursors) {
            return cursors.error();
        }
        EVD_TRY(sink.initialComplete());
        if (!plan.stream || options.trace != nullptr) {
            return {};
        }
        const RecordPlan live_plan = livePlan(plan);
        LiveRecords live({readers, live_plan, control, cross, sights}, std::move(cursors).value(),
                         sink);
        return followCommits(live, signal_, options.cancelled);
    }

    // Those who do not see all events have no say in what of them is worth an index. Counted before
    // the question runs: one that takes too long is the one that needs an index.
    void reportFilters(const std::vector<std::string>& fields, Sights& sights) {
        if (store_ != nullptr && !fields.empty() &&
            sights.of(access::ObjectKind::Events) == nullptr) {
            store_->filtered(fields);
        }
    }

    RunControl controlOf(const RunOptions& options) const {
        RunControl control;
        control.clock = &clock_;
        control.asked_ns = clock_.monotonicNs();
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
                StorePaths{config_.event_store_path, config_.log_store_path}, connections_,
                ThreadSharing{config_.reader_threads, config_.split_rows_min},
                config_.memory_bytes_max);
        }
        if (config_.live_memory_bytes_max != nullptr) {
            readers_->memory().setBytesMax(*config_.live_memory_bytes_max);
        }
        return *readers_;
    }

    const EngineConfig config_;
    const base::Clock& clock_;
    CommitSignal& signal_;
    StoreControl* const store_;
    ConnectionCache connections_;
    std::mutex mutex_;
    std::unique_ptr<StoreReaders> readers_;
};

}  // namespace

std::unique_ptr<QueryEngine> makeQueryEngine(EngineConfig config, const base::Clock& clock,
                                             CommitSignal& signal, StoreControl* store) {
    return std::make_unique<LocalEngine>(std::move(config), clock, signal, store);
}

}  // namespace evd::queryd
