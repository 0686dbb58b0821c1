#include "tests/support/event_load.h"

#include "tests/support/wait_until.h"

#include <utility>

namespace evd::test {

namespace {

constexpr int kReconnectMs = 5;

}  // namespace

EventLoad::EventLoad(const std::string& socket_path, std::string event_type, EventPace pace)
    : emitter_(socket_path, std::move(event_type), pace.pad_bytes),
      pace_(pace),
      thread_("load", [this] { run(); }) {}

void EventLoad::stop() {
    stopping_ = true;
    thread_.join();
}

void EventLoad::run() {
    while (!stopping_) {
        const auto outcome = emitter_.emit(next_, pace_.batch_events);
        for (uint32_t i = 0; i < outcome.acknowledged; ++i) {
            acknowledged_.insert(next_ + i);
        }
        acknowledged_count_ += outcome.acknowledged;
        refused_ = refused_ || outcome.acknowledged != pace_.batch_events;
        next_ += pace_.batch_events;
        pauseMs(outcome.connection_lost ? kReconnectMs : pace_.pause_ms);
    }
}

}  // namespace evd::test
