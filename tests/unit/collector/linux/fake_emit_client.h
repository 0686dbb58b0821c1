#pragma once

#include "common/kmes/emit_client.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evd::collector {

// What a fake KMES received, shared between the client (which the sensor owns) and the test.
struct EmittedEvents {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::pair<std::string, std::vector<uint8_t>>> events;
    std::vector<size_t> batch_sizes;
    // Answers instead of accepting: how many are taken, then the error.
    std::function<std::optional<kmes::BatchOutcome>(std::span<const kmes::EmitEntry>)> refuse;

    // Waits until one of the events satisfies the condition.
    template <typename Condition>
    bool waitFor(Condition condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(10), [&]() {
            for (const auto& [type, payload] : events) {
                if (condition(type, payload)) {
                    return true;
                }
            }
            return false;
        });
    }
};

class FakeEmitClient final : public kmes::EmitClient {
  public:
    explicit FakeEmitClient(std::shared_ptr<EmittedEvents> emitted)
        : emitted_(std::move(emitted)) {}

    base::Result<void> emit(const kmes::EmitEntry& entry) override {
        const auto outcome = emitBatch({&entry, 1});
        return outcome.error.has_value() ? base::Result<void>(*outcome.error)
                                         : base::Result<void>();
    }
    kmes::BatchOutcome emitBatch(std::span<const kmes::EmitEntry> entries) override {
        const std::lock_guard lock(emitted_->mutex);
        emitted_->batch_sizes.push_back(entries.size());
        kmes::BatchOutcome outcome{entries.size(), std::nullopt};
        if (emitted_->refuse) {
            outcome = emitted_->refuse(entries).value_or(outcome);
        }
        for (const kmes::EmitEntry& entry : entries.first(outcome.emitted)) {
            emitted_->events.emplace_back(
                entry.type, std::vector<uint8_t>(entry.payload.begin(), entry.payload.end()));
        }
        emitted_->changed.notify_all();
        return outcome;
    }

  private:
    std::shared_ptr<EmittedEvents> emitted_;
};

}  // namespace evd::collector
