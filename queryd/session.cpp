#include "queryd/session.h"

#include "queryd/exec/explanation.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

namespace {

base::Error stoppingError() {
    return base::fail(base::ErrorKind::Gone, std::string(kStoppingText));
}

}  // namespace

// One question with everything it holds. Its thread is made last and joined first; with it and
// finished, the session belongs to ended_.
struct Sessions::Session {
    Question question;
    std::unique_ptr<Answer> answer;
    Admission::Slot slot;
    int64_t deadline_ns = 0;
    uint64_t number = 0;  // in times_
    std::atomic<bool> streaming = false;
    std::shared_ptr<QuestionControl> control = std::make_shared<QuestionControl>();
    std::list<std::unique_ptr<Session>>::iterator place;  // in sessions_
    std::unique_ptr<base::Thread> thread;
};

Sessions::Sessions(QueryEngine& engine, Admission& admission, const base::Clock& clock,
                   uint64_t timeout_ms)
    : engine_(engine), admission_(admission), clock_(clock), timeout_ms_(timeout_ms) {}

Sessions::~Sessions() {
    stopping_ = true;
    cancelAll();
    std::list<std::unique_ptr<Session>> last;
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        last.swap(sessions_);
        last.splice(last.end(), ended_);
    }
    last.clear();  // joins, without the lock that the threads need to leave
}

std::shared_ptr<QuestionControl> Sessions::start(Question question,
                                                 std::unique_ptr<Answer> answer) {
    reap();
    joinOldest();
    if (stopping_) {
        answer->finish(stoppingError());
        return nullptr;
    }
    auto slot = admission_.admit(question.caller);
    if (!slot.ok()) {
        answer->finish(slot.error());
        return nullptr;
    }
    const uint64_t limit_ms = question.limit_ms == 0
                                  ? timeout_ms_.load()
                                  : std::min(timeout_ms_.load(), question.limit_ms);
    auto session = std::make_unique<Session>();
    session->question = std::move(question);
    session->answer = std::move(answer);
    session->slot = std::move(slot).value();
    session->deadline_ns = clock_.monotonicNs() + static_cast<int64_t>(limit_ms) * base::kNsPerMs;
    session->number = times_.begin(session->question.text, clock_.monotonicNs());
    auto control = session->control;

    Session& running = *session;
    std::list<std::unique_ptr<Session>> newcomer;
    newcomer.push_back(std::move(session));
    running.place = newcomer.begin();
    {
        const std::lock_guard lock(mutex_);
        ++alive_;
        sessions_.splice(sessions_.end(), newcomer);
    }
    // The new thread may well run instead of us.
    auto thread = std::make_unique<base::Thread>("query", [this, &running] { run(running); });
    const std::lock_guard lock(mutex_);
    running.thread = std::move(thread);
    if (control->finished) {
        ended_.splice(ended_.end(), sessions_, running.place);
    }
    return control;
}

void Sessions::run(Session& session) {
    auto outcome = ask(session);
    if (stopping_ && session.control->cancelled) {
        outcome = stoppingError();
    }
    times_.end(session.number, clock_.monotonicNs());
    session.slot.release();
    session.answer->finish(outcome);
    session.answer.reset();
    session.question = {};  // by whom it was used: whoever joins us has no time
    leave(session);
}

base::Result<void> Sessions::ask(Session& session) {
    const RunOptions options{session.question.caller, session.deadline_ns,
                             &session.control->cancelled};
    if (session.question.events) {
        return readEvents(session, *session.question.events, options);
    }
    const auto prepared = engine_.prepare(session.question.text);
    if (!prepared.ok()) {
        return prepared.error();
    }
    if (prepared.value()->streaming() && !session.question.explain) {
        EVD_TRY(mayStream(session));
    }
    session.answer->accepted(session.streaming, session.control->cancelled);
    if (session.question.explain) {
        return explainQuestion(engine_, *prepared.value(), options, clock_, *session.answer);
    }
    return engine_.run(*prepared.value(), options, *session.answer);
}

base::Result<void> Sessions::readEvents(Session& session, const EventQuestion& question,
                                        const RunOptions& options) {
    if (question.kind == EventQuestion::Kind::Follow) {
        EVD_TRY(mayStream(session));
    }
    session.answer->accepted(session.streaming, session.control->cancelled);
    return engine_.readEvents(question, options, *session.answer);
}

base::Result<void> Sessions::mayStream(Session& session) {
    EVD_TRY(session.slot.becomeStreaming());
    session.streaming = true;
    times_.forget(session.number);
    // beginStop() sets stopping_ before it looks for streaming sessions, so one of the two sees the
    // other.
    if (stopping_) {
        return stoppingError();
    }
    return {};
}

void Sessions::leave(Session& session) {
    std::function<void()> when_idle;
    {
        const std::lock_guard lock(mutex_);
        session.control->finished = true;
        if (session.thread && !is_over_) {
            ended_.splice(ended_.end(), sessions_, session.place);
        }
        if (--alive_ == 0) {
            when_idle.swap(when_idle_);
        }
    }
    if (when_idle) {
        when_idle();
    }
}

void Sessions::beginStop(std::function<void()> when_idle) {
    stopping_ = true;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& session : sessions_) {
            if (session->streaming) {
                session->control->cancelled = true;
            }
        }
        if (alive_ > 0) {
            when_idle_ = std::move(when_idle);
            return;
        }
    }
    when_idle();
}

void Sessions::cancelAll() {
    const std::lock_guard lock(mutex_);
    for (const auto& session : sessions_) {
        session->control->cancelled = true;
    }
}

void Sessions::reap() {
    std::list<std::unique_ptr<Session>> ended;
    {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock) {
            return;
        }
        ended.swap(ended_);
    }
    std::erase_if(ended, [](const auto& session) { return session->thread->joinIfEnded(); });
    if (!ended.empty()) {
        const std::lock_guard lock(mutex_);
        ended_.splice(ended_.begin(), ended);
    }
}

void Sessions::joinOldest() {
    std::list<std::unique_ptr<Session>> oldest;  // joined behind the lock
    const std::lock_guard lock(mutex_);
    if (ended_.size() > kEndingThreadsMax) {
        oldest.splice(oldest.end(), ended_, ended_.begin());
    }
}

QuestionCounts Sessions::counts() const {
    const auto counts = admission_.counts();
    return {counts.running, counts.streaming, counts.started, counts.refused};
}

std::vector<SlowQuestion> Sessions::slowest() const {
    return times_.slowest(clock_.monotonicNs());
}

}  // namespace evd::queryd
