#pragma once

#include "common/base/bounded_queue.h"
#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/thread.h"
#include "common/kmes/emit_client.h"
#include "queryd/access/audit_event.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace evd::queryd {

// How many events may go out: kBurst at once, and kPerSecond in the long run. Pure; one thread.
class AuditAllowance {
  public:
    static constexpr int64_t kPerSecond = 100;
    static constexpr int64_t kBurst = 1000;

    bool take(int64_t now_ns);

  private:
    int64_t credit_ns_ = kBurst * (base::kNsPerSecond / kPerSecond);
    int64_t filled_at_ns_ = 0;
    bool is_new_ = true;
};

// Emits what the reference check wants audited, as access-audit events (Spec §9.2; PSD-004 §13.8).
//
// On a Peios kernel the check emits these itself; here a thread does, over a connection to KMES,
// so that no question waits for it. Each verdict is told of when it is made and not when it is
// remembered (Ruling A7), which is what keeps a stream from being fed by its own audit events: the
// event that it caused is read under the verdict that caused it. Beyond AuditAllowance, or with
// kWaitingMax events waiting because KMES is away, events are dropped and counted: access is not
// withheld for it. Any thread tells; the event loop connects, also anew when kmesd was restarted.
// Its end waits kLastWordsMs at most for what is left. The clock outlives it.
class AuditTrail final : public AuditSink {
  public:
    static constexpr size_t kWaitingMax = 2048;
    static constexpr size_t kWaitingBytesMax = size_t{4} << 20;
    static constexpr int64_t kLastWordsMs = 500;

    AuditTrail(const base::Clock& clock, ProcessName process);
    ~AuditTrail() override;
    AuditTrail(const AuditTrail&) = delete;
    AuditTrail& operator=(const AuditTrail&) = delete;

    // A connected socket that speaks contracts §4, in place of the one before.
    void connect(base::Fd socket);
    // `break_off` makes a call of the client that waits return.
    void connect(std::unique_ptr<kmes::EmitClient> client, std::function<void()> break_off);

    void tell(const Caller& caller, const RecordQuestion& question,
              std::span<const access::AuditEvent> events) override;

    uint64_t emitted() const { return emitted_; }
    uint64_t dropped() const { return dropped_; }

  private:
    using Payload = std::vector<uint8_t>;

    void run();
    void emit(const Payload& payload);
    std::shared_ptr<kmes::EmitClient> waitForClient();
    void forget(const std::shared_ptr<kmes::EmitClient>& client);
    void drop(uint64_t count);

    const base::Clock& clock_;
    const ProcessName process_;
    base::BoundedQueue<Payload> waiting_;
    std::mutex allowance_mutex_;
    AuditAllowance allowance_;

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable changed_;
    std::shared_ptr<kmes::EmitClient> client_;  // shared with the call that is under way
    std::function<void()> break_off_;
    bool closing_ = false;
    bool finished_ = false;

    std::atomic<uint64_t> emitted_ = 0;
    std::atomic<uint64_t> dropped_ = 0;
    std::atomic<bool> has_complained_ = false;

    base::Thread thread_;  // last: begins when everything above is there
};

}  // namespace evd::queryd
