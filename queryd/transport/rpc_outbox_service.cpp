#include "queryd/transport/rpc_outbox_service.h"

#include <utility>

namespace evd::queryd {

namespace {

base::Error abandonedError() {
    return base::fail(base::ErrorKind::Gone, "the client no longer wants the answer");
}

}  // namespace

base::Result<void> RpcOutbox::putWaiting(Item item) {
    const size_t bytes = item.records.size();
    if (!queue_.push(std::move(item), 1, bytes)) {
        return abandonedError();
    }
    wake();
    return {};
}

base::Result<void> RpcOutbox::putNow(Item item) {
    if (!queue_.tryPush(item, 1, item.records.size())) {
        return queue_.closed() ? abandonedError()
                               : base::fail(base::ErrorKind::Busy, "the client reads too slowly");
    }
    wake();
    return {};
}

void RpcOutbox::close(Item outcome) {
    {
        const std::lock_guard lock(mutex_);
        outcome_ = std::move(outcome);
    }
    wake();
}

void RpcOutbox::wake() {
    bool was_awaited = false;
    {
        const std::lock_guard lock(mutex_);  // not beyond: the loop will want it
        was_awaited = std::exchange(is_awaited_, false);
    }
    if (was_awaited) {
        loop_.call([self = shared_from_this()]() { self->endWait(); });
    }
}

void RpcOutbox::endWait() {
    KJ_IF_MAYBE (waiter, waiter_) {
        (*waiter)->fulfill();
        waiter_ = nullptr;
    }
}

kj::Promise<RpcOutbox::Item> RpcOutbox::next() {
    const std::lock_guard lock(mutex_);
    if (auto item = queue_.tryPop()) {
        return std::move(*item);
    }
    if (outcome_) {
        return std::move(*std::exchange(outcome_, std::nullopt));
    }
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiter_ = kj::mv(paf.fulfiller);
    is_awaited_ = true;
    return paf.promise.then([self = shared_from_this()]() { return self->next(); });
}

void RpcOutbox::abandon() {
    queue_.close();
}

}  // namespace evd::queryd
