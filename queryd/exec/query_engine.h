#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "queryd/access/authority.h"
#include "queryd/exec/event_question.h"
#include "queryd/exec/store_control.h"
#include "queryd/stream/commit_signal.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace evd::queryd {

class AccessPolicy;
class QuestionTrace;

// Where a question's answer goes. Called on the thread that runs the question, one record at a
// time. An error returned (Gone: the reader left; Busy: too slow) ends the question at once.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    // One flat record as a msgpack map; the bytes are only valid during the call.
    virtual base::Result<void> record(std::span<const uint8_t> msgpack_map) = 0;
    // The initial result is complete. For a streaming question live records follow; each burst of
    // them ends with flush().
    virtual base::Result<void> initialComplete() = 0;
    virtual base::Result<void> flush() = 0;
};

struct RunOptions {
    Caller caller;
    int64_t deadline_monotonic_ns = 0;  // of the initial result; the live part has none
    const std::atomic<bool>* cancelled = nullptr;
    // Of a question that is explained (explanation.h): what is read is told here, a streaming
    // question ends with its initial result, and INDEX does nothing.
    QuestionTrace* trace = nullptr;
};

// A parsed, bound and planned question: plain data, ready to run once.
class PreparedQuery {
  public:
    virtual ~PreparedQuery() = default;
    virtual bool streaming() const = 0;
    // The plan as a person reads it, one step a line.
    virtual std::string planText() const { return {}; }
};

// Questions in, records out: parser, planner, readers and merge behind one face, the same for both
// transports.
//
// prepare() judges the text only and is quick; its error text is the one sentence for a person
// (Ruling Q13). run() blocks the calling thread until the answer is complete, failed, cancelled or
// past its deadline; a streaming question runs until cancelled or its sink fails. Safe on any
// number of threads at once; memory per question is bounded by the merge's read-ahead.
class QueryEngine {
  public:
    virtual ~QueryEngine() = default;
    virtual base::Result<std::unique_ptr<PreparedQuery>> prepare(std::string_view text) = 0;
    virtual base::Result<void> run(const PreparedQuery& query, const RunOptions& options,
                                   RecordSink& sink) = 0;
    // Answers a question about the global sequence (event_reading.h).
    virtual base::Result<void> readEvents(const EventQuestion& /*question*/,
                                          const RunOptions& /*options*/, RecordSink& /*sink*/) {
        return base::fail(base::ErrorKind::Unsupported, "there is no event store to read");
    }
};

inline constexpr int64_t kMetricStalenessDefaultMs = 300'000;
inline constexpr int64_t kCrossWindowDefaultMs = 15'000;
inline constexpr int64_t kCrossLookbackDefaultSeconds = 604'800;

struct EngineConfig {
    std::string event_store_path;        // a folder
    std::string log_store_path = {};     // a file; empty: there is no log store
    std::string metric_store_path = {};  // the same
    // MetricStalenessMs, CrossTypeWindowMs and CrossTypeMaxLookbackSeconds, which may change while
    // the engine runs; none: the default.
    const std::atomic<int64_t>* metric_staleness_ms = nullptr;
    const std::atomic<int64_t>* cross_window_ms = nullptr;
    const std::atomic<int64_t>* cross_lookback_seconds = nullptr;
    // Says who may see what; none: SYSTEM and administrators see everything, others nothing.
    // Outlives the engine.
    AccessPolicy* access = nullptr;
    uint32_t reader_threads = 2;
    uint64_t split_rows_min = 20'000;               // a smaller database is read by one thread
    uint64_t memory_bytes_max = 256 * 1024 * 1024;  // MaxQueryMemoryBytes
    // The same, where it may change while the engine runs; none: what stands above, for good.
    const std::atomic<uint64_t>* live_memory_bytes_max = nullptr;
};

// clock, signal and store outlive the engine. Makes its reader threads on first use. Without a
// store INDEX is refused and nobody hears what is filtered by.
std::unique_ptr<QueryEngine> makeQueryEngine(EngineConfig config, const base::Clock& clock,
                                             CommitSignal& signal, StoreControl* store = nullptr);

}  // namespace evd::queryd
