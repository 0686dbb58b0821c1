#include "queryd/access/audit_trail.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <sys/socket.h>
#include <algorithm>
#include <chrono>
#include <utility>

namespace evd::queryd {

namespace {

constexpr auto kForEver = std::chrono::hours(24);
constexpr auto kBusyPause = std::chrono::milliseconds(20);
constexpr int kBusyAttempts = 50;
constexpr int64_t kNsPerEvent = base::kNsPerSecond / AuditAllowance::kPerSecond;

}  // namespace

bool AuditAllowance::take(int64_t now_ns) {
    const int64_t passed_ns = std::exchange(is_new_, false) ? 0 : now_ns - filled_at_ns_;
    filled_at_ns_ = now_ns;
    // More than the burst is never kept, so that much is all that can have come back.
    const int64_t most_ns = kBurst * kNsPerEvent;
    credit_ns_ = std::min(most_ns, credit_ns_ + std::clamp<int64_t>(passed_ns, 0, most_ns));
    if (credit_ns_ < kNsPerEvent) {
        return false;
    }
    credit_ns_ -= kNsPerEvent;
    return true;
}

AuditTrail::AuditTrail(const base::Clock& clock, ProcessName process)
    : clock_(clock),
      process_(std::move(process)),
      waiting_(kWaitingMax, kWaitingBytesMax),
      thread_("audit", [this] { run(); }) {}

AuditTrail::~AuditTrail() {
    waiting_.close();
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    const bool in_time = changed_.wait_for(lock, std::chrono::milliseconds(kLastWordsMs),
                                           [this] { return finished_; });
    if (!in_time && break_off_) {
        break_off_();
    }
    lock.unlock();
    thread_.join();
}

void AuditTrail::connect(base::Fd socket) {
    auto handle = socket.duplicate();
    if (!handle.ok()) {
        base::logWarning(
            base::cat(handle.error().text, ", emitting no audit events until kmesd comes again"));
        return;
    }
    // Shared, because a std::function is copyable and a descriptor is not.
    auto shared = std::make_shared<const base::Fd>(std::move(handle).value());
    connect(kmes::makeSocketEmitClient(std::move(socket)),
            [shared] { (void)::shutdown(shared->get(), SHUT_RDWR); });
}

void AuditTrail::connect(std::unique_ptr<kmes::EmitClient> client,
                         std::function<void()> break_off) {
    const std::lock_guard lock(mutex_);
    client_ = std::move(client);
    break_off_ = std::move(break_off);
    changed_.notify_all();
}

void AuditTrail::tell(const Caller& caller, const RecordQuestion& question,
                      std::span<const access::AuditEvent> events) {
    if (caller.token == nullptr) {
        return;
    }
    for (const access::AuditEvent& event : events) {
        {
            const std::lock_guard lock(allowance_mutex_);
            if (!allowance_.take(clock_.monotonicNs())) {
                drop(1);
                continue;
            }
        }
        Payload payload = auditPayload(*caller.token, question, event, process_);
        const size_t bytes = payload.size();
        if (!waiting_.tryPush(payload, 1, bytes)) {
            drop(1);
        }
    }
}

void AuditTrail::run() {
    while (true) {
        if (const auto payload = waiting_.pop(kForEver)) {
            emit(*payload);
        } else if (waiting_.closed()) {
            break;
        }
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
}

// Until KMES has taken it, or will not.
void AuditTrail::emit(const Payload& payload) {
    for (int attempt = 0; attempt < kBusyAttempts; ++attempt) {
        const auto client = waitForClient();
        if (client == nullptr) {
            break;
        }
        const auto outcome = client->emit({kAuditEventType, payload});
        if (outcome.ok()) {
            ++emitted_;
            return;
        }
        switch (outcome.error().kind) {
            case base::ErrorKind::Busy: {
                std::unique_lock lock(mutex_);
                (void)changed_.wait_for(lock, kBusyPause, [this] { return closing_; });
                break;
            }
            case base::ErrorKind::Gone:
            case base::ErrorKind::Io:
                forget(client);
                break;
            case base::ErrorKind::Invalid:
            case base::ErrorKind::Denied:
            case base::ErrorKind::NotFound:
            case base::ErrorKind::Corrupt:
            case base::ErrorKind::Unsupported:
                if (!has_complained_.exchange(true)) {
                    base::logWarning(base::cat("KMES takes no audit event: ", outcome.error().text,
                                               ", dropping and counting them"));
                }
                drop(1);
                return;
        }
    }
    drop(1);
}

// Nothing when the end comes first.
std::shared_ptr<kmes::EmitClient> AuditTrail::waitForClient() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closing_ || client_ != nullptr; });
    return client_;
}

void AuditTrail::forget(const std::shared_ptr<kmes::EmitClient>& client) {
    const std::lock_guard lock(mutex_);
    if (client_ == client) {  // else there is a new one already
        client_ = nullptr;
        break_off_ = nullptr;
    }
}

void AuditTrail::drop(uint64_t count) {
    dropped_ += count;
}

}  // namespace evd::queryd
