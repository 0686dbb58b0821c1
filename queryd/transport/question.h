#pragma once

#include "queryd/exec/query_engine.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// One question as it came in over either transport.
struct Question {
    Caller caller;
    std::string text;
    uint64_t limit_ms = 0;  // lowers the server's timeout; 0 leaves it
    bool explain = false;   // how it would be answered, instead of the answer (explanation.h)
    // Not a text but a question about the global sequence.
    std::optional<EventQuestion> events = {};
};

// One question's way out: the records, and what is said before and after them.
//
// Made by a transport for one connection and given away with the question. Calls come in this
// order, on the thread that runs the question: accepted, the calls of RecordSink, finish. A
// question that is refused gets finish alone, possibly on the thread that asked. After finish it is
// destroyed.
class Answer : public RecordSink {
  public:
    // The text was understood and runs now. `cancelled` outlives the answer: whoever waits for a
    // slow reader looks at it.
    virtual void accepted(bool streaming, const std::atomic<bool>& cancelled) = 0;
    // The end, good or bad. Never waits.
    virtual void finish(const base::Result<void>& outcome) = 0;
};

// The handle that a transport keeps on a question it has started. Any thread.
struct QuestionControl {
    std::atomic<bool> cancelled = false;  // set by the transport when nobody wants the answer
    std::atomic<bool> finished = false;
};

// A question that takes or took long (queryd/query_times.h).
struct SlowQuestion {
    std::string text;
    int64_t took_ms = 0;  // until now, for one that runs
    bool running = false;
};

struct QuestionCounts {
    uint32_t running = 0;  // streaming ones included
    uint32_t streaming = 0;
    uint64_t started = 0;
    uint64_t refused = 0;  // by an admission limit, since the start
};

// Runs questions for the transports: admission, a thread of its own, the engine. Any thread.
class QuestionRunner {
  public:
    virtual ~QuestionRunner() = default;
    // Quick; never waits for the engine. Nothing when the question was refused: the answer has then
    // been told why and is gone.
    virtual std::shared_ptr<QuestionControl> start(Question question,
                                                   std::unique_ptr<Answer> answer) = 0;
    virtual QuestionCounts counts() const = 0;
    // The slowest of late, the slowest first; for administrators only.
    virtual std::vector<SlowQuestion> slowest() const { return {}; }
};

}  // namespace evd::queryd
