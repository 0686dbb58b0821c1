#include "queryd/transport/rpc_delivery_service.h"

#include <kj/debug.h>
#include <utility>

namespace evd::queryd {

namespace {

using Item = RpcOutbox::Item;
using Kind = RpcOutbox::Kind;

}  // namespace

void throwPlain(const std::string& text) {
    kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                                          kj::heapString(text.data(), text.size())));
}

RpcDelivery::RpcDelivery(std::shared_ptr<RpcOutbox> outbox, kj::Own<RpcRecipient> recipient,
                         const RpcSessionParts& parts, std::shared_ptr<size_t> held)
    : outbox_(std::move(outbox)),
      recipient_(kj::mv(recipient)),
      timer_(parts.timer),
      send_deadline_(parts.limits.send_deadline_ms * kj::MILLISECONDS),
      activity_(parts.activity),
      held_(std::move(held)) {}

RpcDelivery::~RpcDelivery() noexcept(false) {
    stop();
    endActivity();
}

void RpcDelivery::start() {
    active_ = true;
    activity_.began();
    pump_ = pumpNext()
                .then([this]() { endActivity(); })
                .eagerlyEvaluate([this](kj::Exception&& exception) {
                    // A passed deadline is an overload to kj.
                    cut(exception.getType() == kj::Exception::Type::OVERLOADED
                            ? "the query was ended because its client reads too slowly"
                            : "a record is too large for the rpc socket; ask over the query "
                              "socket");
                });
}

kj::Promise<void> RpcDelivery::pumpNext() {
    return outbox_->next().then([this](Item item) { return pass(std::move(item)); });
}

kj::Promise<void> RpcDelivery::pass(Item item) {
    switch (item.kind) {
        case Kind::Accepted:
            return pumpNext();
        case Kind::Records:
            return guarded(recipient_->take(item.records, item.count)).then([this]() {
                return pumpNext();
            });
        case Kind::Watch:
            return guarded(recipient_->initialComplete()).then([this]() { return pumpNext(); });
        case Kind::Finished:
            if (item.failed) {
                return guarded(recipient_->fail(item.error));
            }
            return guarded(item.streaming ? kj::Promise<void>(kj::READY_NOW) : recipient_->end());
    }
    return kj::READY_NOW;
}

// A client that does not acknowledge in time has its question ended, with a last word.
kj::Promise<void> RpcDelivery::guarded(kj::Promise<void> sent) {
    return timer_.timeoutAfter(send_deadline_, kj::mv(sent));
}

void RpcDelivery::cut(const std::string& reason) {
    stop();
    endActivity();
    last_word_ = recipient_->fail(reason).eagerlyEvaluate([](kj::Exception&&) {});
}

void RpcDelivery::endActivity() {
    if (std::exchange(active_, false)) {
        activity_.ended();
    }
}

void RpcDelivery::stop() {
    if (control_) {
        control_->cancelled = true;
    }
    outbox_->abandon();
}

}  // namespace evd::queryd
