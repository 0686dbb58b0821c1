#include "queryd/stream/commit_listener.h"

#include "common/ipc/notice.h"

#include <chrono>

namespace evd::queryd {

CommitListener::CommitListener(std::unique_ptr<bus::Subscriber> subscriber)
    : subscriber_(std::move(subscriber)), thread_("commit-notices", [this] { listen(); }) {}

CommitListener::~CommitListener() {
    stopping_ = true;
    thread_.join();
}

void CommitListener::listen() {
    while (!stopping_) {
        const auto message = subscriber_->receive(std::chrono::milliseconds(kListenerWaitMs));
        if (!message) {
            continue;
        }
        if (ipc::decodeCommitNotice(*message).ok()) {
            ++notices_;
            signal_.bump();
        } else {
            ++dropped_;
        }
    }
}

}  // namespace evd::queryd
