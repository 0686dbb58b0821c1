#include "queryd/transport/rpc_answer_service.h"

#include <utility>

namespace evd::queryd {

namespace {

RpcOutbox::Item itemOf(RpcOutbox::Kind kind, bool streaming) {
    RpcOutbox::Item item;
    item.kind = kind;
    item.streaming = streaming;
    return item;
}

}  // namespace

void RpcAnswer::accepted(bool streaming, const std::atomic<bool>&) {
    streaming_ = streaming;
    // The outbox is empty, so that this never waits; abandoned already is noticed by the next put.
    (void)put(itemOf(RpcOutbox::Kind::Accepted, streaming));
}

base::Result<void> RpcAnswer::put(RpcOutbox::Item item) {
    return live_ ? outbox_->putNow(std::move(item)) : outbox_->putWaiting(std::move(item));
}

base::Result<void> RpcAnswer::record(std::span<const uint8_t> msgpack_map) {
    if (lot_.count > 0 && lot_.records.size() + msgpack_map.size() > kRpcLotBytes) {
        EVD_TRY(flush());
    }
    lot_.records.insert(lot_.records.end(), msgpack_map.begin(), msgpack_map.end());
    ++lot_.count;
    return {};
}

base::Result<void> RpcAnswer::flush() {
    if (lot_.count == 0) {
        return {};
    }
    RpcOutbox::Item full = itemOf(RpcOutbox::Kind::Records, streaming_);
    std::swap(full, lot_);
    return put(std::move(full));
}

base::Result<void> RpcAnswer::initialComplete() {
    EVD_TRY(flush());
    if (streaming_) {
        EVD_TRY(put(itemOf(RpcOutbox::Kind::Watch, true)));
    }
    live_ = streaming_;
    return {};
}

void RpcAnswer::finish(const base::Result<void>& outcome) {
    RpcOutbox::Item last = itemOf(RpcOutbox::Kind::Finished, streaming_);
    if (!outcome.ok()) {
        last.failed = true;
        last.error = outcome.error().text;
        last.error_kind = outcome.error().kind;
    }
    outbox_->close(std::move(last));
}

}  // namespace evd::queryd
