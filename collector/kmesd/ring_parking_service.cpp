#include "collector/kmesd/ring_parking_service.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <cerrno>
#include <utility>

namespace evd::collector {

kj::Promise<void> parkAll(ipc::SupervisorLink& supervisor, std::vector<ParkedMemory> memories) {
    auto answers = kj::heapArrayBuilder<kj::Promise<void>>(memories.size());
    for (ParkedMemory& memory : memories) {
        answers.add(supervisor.park(std::move(memory.name), std::move(memory.fd)));
    }
    return kj::joinPromises(answers.finish());
}

kj::Promise<void> unparkAll(ipc::SupervisorLink& supervisor, std::vector<std::string> prefixes) {
    auto answers = kj::heapArrayBuilder<kj::Promise<void>>(prefixes.size());
    for (std::string& prefix : prefixes) {
        answers.add(supervisor.unpark(std::move(prefix)));
    }
    return kj::joinPromises(answers.finish());
}

RingParking::~RingParking() noexcept = default;

void RingParking::begin(KmesServer& server, kj::UnixEventPort& port) {
    server_ = &server;
    const std::lock_guard lock(mutex_);
    wakeup_ = std::make_unique<ipc::LoopWakeup>(port, [this]() { workOff(); });
}

void RingParking::stop() {
    work_ = nullptr;
    std::unique_ptr<ipc::LoopWakeup> ended;
    const std::lock_guard lock(mutex_);
    ended.swap(wakeup_);
}

void RingParking::onResizeWanted(uint64_t capacity) {
    const std::lock_guard lock(mutex_);
    wanted_capacity_ = capacity;
    if (wakeup_) {
        wakeup_->signal();
    }
}

void RingParking::onUnneeded(std::vector<std::string> prefixes) {
    const std::lock_guard lock(mutex_);
    unneeded_.insert(unneeded_.end(), prefixes.begin(), prefixes.end());
    if (wakeup_) {
        wakeup_->signal();
    }
}

void RingParking::workOff() {
    work_ = work_.then([this]() { return workOffNotes(); })
                .eagerlyEvaluate([](kj::Exception&& exception) {
                    base::logError(base::cat("a task of the rings' memories failed: ",
                                             ipc::toError(exception).text, ", going on"));
                });
}

kj::Promise<void> RingParking::workOffNotes() {
    std::optional<uint64_t> capacity;
    std::vector<std::string> prefixes;
    {
        const std::lock_guard lock(mutex_);
        capacity.swap(wanted_capacity_);
        prefixes.swap(unneeded_);
    }
    // In this order: what a resize parks is never dropped by the clean-up of the one before.
    auto work = letGo(std::move(prefixes));
    if (capacity.has_value()) {
        work = work.then([this, wanted = *capacity]() { return resize(wanted); });
    }
    return work;
}

// What stays parked is sorted out by the next start.
kj::Promise<void> RingParking::letGo(std::vector<std::string> prefixes) {
    return unparkAll(supervisor_, std::move(prefixes)).catch_([](kj::Exception&& exception) {
        base::logWarning(base::cat("memories of rings that are no longer needed stay parked: ",
                                   ipc::toError(exception).text, ", going on"));
    });
}

kj::Promise<void> RingParking::resize(uint64_t capacity) {
    auto prepared = rings_.prepareResize(capacity);
    if (!prepared.ok()) {
        server_->failResize(ENOMEM);
        return kj::READY_NOW;
    }
    auto to_park = parkedOf(prepared.value());
    if (!to_park.ok()) {
        server_->failResize(ENOMEM);
        return kj::READY_NOW;
    }
    auto prefixes = prefixesOf(prepared.value());
    return parkAll(supervisor_, std::move(to_park).value())
        .then(
            [this, ready = std::move(prepared).value()]() mutable -> kj::Promise<void> {
                server_->commitResize(std::move(ready));
                return kj::READY_NOW;
            },
            [this, prefixes = std::move(prefixes)](kj::Exception&& exception) mutable {
                base::logError(base::cat("cannot keep the memories of rings of another size: ",
                                         ipc::toError(exception).text, ", not resizing"));
                server_->failResize(EIO);
                return letGo(std::move(prefixes));
            });
}

}  // namespace evd::collector
