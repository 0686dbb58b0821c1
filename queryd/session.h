#pragma once

#include "common/base/clock.h"
#include "common/base/thread.h"
#include "queryd/admission.h"
#include "queryd/exec/query_engine.h"
#include "queryd/query_times.h"
#include "queryd/transport/question.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace evd::queryd {

// When more threads than that have ended but for their last steps, who starts one waits for one.
inline constexpr size_t kEndingThreadsMax = 64;
inline constexpr std::string_view kStoppingText = "the server is stopping";

// Runs every question of both transports, each on a thread of its own.
//
// A question takes an admission slot at once, so that the number of threads is bounded by the
// limits; parsing happens on its thread already, because even the text is foreign. The slot is
// given back before the last message goes out: who has read `end` may ask again without being
// refused. Threads that have ended are joined at the next start, by reap(), or by the destructor,
// which cancels everything first. Any thread may call; engine, admission and clock outlive the
// sessions. What they share is locked for moments only, in which nobody is woken and nothing is
// made: on a busy machine whoever is interrupted comes back after a long time.
class Sessions final : public QuestionRunner {
  public:
    Sessions(QueryEngine& engine, Admission& admission, const base::Clock& clock,
             uint64_t timeout_ms);
    ~Sessions() override;
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    std::shared_ptr<QuestionControl> start(Question question,
                                           std::unique_ptr<Answer> answer) override;
    QuestionCounts counts() const override;
    std::vector<SlowQuestion> slowest() const override;

    // Live setting QueryTimeoutMs; holds for the next question.
    void setTimeout(uint64_t timeout_ms) { timeout_ms_ = timeout_ms; }

    // Refuses newcomers and ends streaming questions with kStoppingText; the others run on.
    // when_idle is called once, when none is left, here or on the last one's thread.
    void beginStop(std::function<void()> when_idle);
    // Ends the others too, with the same text.
    void cancelAll();

    // Never waits, neither for a lock nor for a thread that is about to end; then the next time
    // does.
    void reap();

  private:
    struct Session;

    void run(Session& session);
    base::Result<void> ask(Session& session);
    base::Result<void> readEvents(Session& session, const EventQuestion& question,
                                  const RunOptions& options);
    base::Result<void> mayStream(Session& session);
    void leave(Session& session);
    void joinOldest();

    QueryEngine& engine_;
    Admission& admission_;
    const base::Clock& clock_;
    std::atomic<uint64_t> timeout_ms_;
    std::atomic<bool> stopping_ = false;

    QueryTimes times_;

    std::mutex mutex_;
    std::list<std::unique_ptr<Session>> sessions_;
    std::list<std::unique_ptr<Session>> ended_;  // to be joined
    bool is_over_ = false;                       // the destructor has them all
    size_t alive_ = 0;
    std::function<void()> when_idle_;
};

}  // namespace evd::queryd
