#pragma once

#include "common/wire/msgpack.h"
#include "common/wire/stored_event.h"
#include "queryd/exec/event_question.h"
#include "queryd/exec/query_engine.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// A gate that a test opens and code under test waits at, or the other way round.
class Gate {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        opened_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        opened_.wait(lock, [this] { return open_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable opened_;
    bool open_ = false;
};

// A QueryEngine whose answers a test writes as functions. A text that begins with STREAM is a
// streaming question, one that begins with BAD does not parse.
class FakeQueryEngine final : public queryd::QueryEngine {
  public:
    using Run = std::function<base::Result<void>(const queryd::RunOptions&, queryd::RecordSink&)>;

    explicit FakeQueryEngine(Run run) : run_(std::move(run)) {}

    base::Result<std::unique_ptr<queryd::PreparedQuery>> prepare(std::string_view text) override {
        if (text.starts_with("BAD")) {
            return base::fail(base::ErrorKind::Invalid, "line 1, column 1: expected EVENTS");
        }
        return std::unique_ptr<queryd::PreparedQuery>(
            std::make_unique<Prepared>(text.starts_with("STREAM")));
    }
    base::Result<void> run(const queryd::PreparedQuery&, const queryd::RunOptions& options,
                           queryd::RecordSink& sink) override {
        return run_(options, sink);
    }
    // The events 1 to kEvents, a page of them or, followed, all and then an end.
    base::Result<void> readEvents(const queryd::EventQuestion& question, const queryd::RunOptions&,
                                  queryd::RecordSink& sink) override {
        int64_t last_id = std::clamp<int64_t>(question.after_id, 0, kEvents);
        for (uint64_t n = 0; n < question.events_max && last_id < kEvents; ++n) {
            EVD_TRY(sink.record(storedEvent(++last_id)));
        }
        if (question.end != nullptr) {
            *question.end = {last_id, kEvents, last_id == kEvents, static_cast<uint64_t>(last_id)};
        }
        return sink.flush();
    }

  private:
    static constexpr int64_t kEvents = 5;

    // As wire::readStoredEvent reads it.
    static std::vector<uint8_t> storedEvent(int64_t id) {
        std::vector<uint8_t> bytes;
        wire::MsgpackWriter writer(bytes);
        writer.arrayHeader(wire::kStoredEventFields);
        writer.integer(id);
        writer.bytes(base::Guid().bytes);
        writer.integer(1'790'000'000'000'000'000);
        for (int i = 0; i < 3; ++i) {
            writer.nil();
        }
        writer.text("fake.event");
        for (int i = 0; i < 4; ++i) {
            writer.nil();
        }
        return bytes;
    }

    class Prepared final : public queryd::PreparedQuery {
      public:
        explicit Prepared(bool streaming) : streaming_(streaming) {}
        bool streaming() const override { return streaming_; }

      private:
        bool streaming_;
    };

    Run run_;
};

// {"n": number, "pad": text of so many letters}
inline std::vector<uint8_t> numberedRecord(int64_t number, size_t pad = 0) {
    std::vector<uint8_t> out;
    wire::MsgpackWriter writer(out);
    writer.mapHeader(pad == 0 ? 1 : 2);
    writer.text("n");
    writer.integer(number);
    if (pad != 0) {
        writer.text("pad");
        writer.text(std::string(pad, 'x'));
    }
    return out;
}

// Answers `count` numbered records, then runs on until cancelled when the question streams.
inline FakeQueryEngine::Run answerNumbers(int64_t count, size_t pad = 0) {
    return [count, pad](const queryd::RunOptions&, queryd::RecordSink& sink) -> base::Result<void> {
        for (int64_t i = 0; i < count; ++i) {
            EVD_TRY(sink.record(numberedRecord(i, pad)));
        }
        return sink.initialComplete();
    };
}

}  // namespace evd::test
