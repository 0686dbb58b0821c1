#pragma once

#include "queryd/client/eventd/errors_service.h"

#include <kj/async.h>
#include <kj/refcount.h>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace eventd {

// What the server sends, between the streaming calls that bring it and the one who takes it.
//
// A call is answered when its lot has been taken, and the RPC system delivers the next one only
// then; so there is one lot here at a time, and the server's window of unanswered calls bounds what
// else waits. Lives on the event loop; counted, because the server may hold and call the receiver
// for longer than anybody wants the rest: what is put into an abandoned inbox is dropped at once.
template <typename Item>
class Inbox final : public kj::Refcounted {
  public:
    // What take() gives: one thing that happened, or Nothing. With a failure there is nothing else.
    struct Delivery {
        Got got = Got::Nothing;
        std::vector<Item> items;  // Row
        std::optional<Error> failure;
    };

    kj::Promise<void> put(std::vector<Item> items) {
        if (is_abandoned_ || items.empty()) {
            return kj::READY_NOW;
        }
        auto taken = kj::newPromiseAndFulfiller<void>();
        add(Happened{Got::Row, std::move(items), kj::mv(taken.fulfiller)});
        return kj::mv(taken.promise);
    }

    // Live or End.
    void tell(Got got) { add(Happened{got, {}, kj::Own<kj::PromiseFulfiller<void>>()}); }

    // Comes behind what is here already; further ones are of no interest.
    void fail(const Error& error) {
        failure_ = failure_ ? failure_ : error;
        wake();
    }

    // An unanswered call is answered: it must not fail on the server's side.
    void abandon() {
        is_abandoned_ = true;
        while (!happened_.empty()) {
            takeNow();
        }
    }

    // Waits for the first thing that happens, or for `until`. One at a time.
    kj::Promise<kj::Own<Delivery>> take(kj::Promise<void> until) {
        if (!happened_.empty() || failure_) {
            return takeNow();
        }
        auto arrived = kj::newPromiseAndFulfiller<void>();
        waiter_ = kj::mv(arrived.fulfiller);
        // Only the waiting may be cut short: what is taken out of here must reach the taker.
        return arrived.promise.exclusiveJoin(kj::mv(until))
            .then([self = kj::addRef(*this)]() mutable { return self->takeNow(); });
    }

  private:
    struct Happened {
        Got got;
        std::vector<Item> items;
        kj::Own<kj::PromiseFulfiller<void>> taken;  // Row
    };

    kj::Own<Delivery> takeNow() {
        auto delivery = kj::heap<Delivery>();
        if (happened_.empty()) {
            delivery->failure = failure_;
            return delivery;
        }
        Happened first = std::move(happened_.front());
        happened_.pop_front();
        if (first.taken.get() != nullptr) {
            first.taken->fulfill();
        }
        delivery->got = first.got;
        delivery->items = std::move(first.items);
        return delivery;
    }

    void add(Happened one) {
        happened_.push_back(std::move(one));
        wake();
    }

    void wake() {
        if (waiter_.get() != nullptr) {
            waiter_->fulfill();
        }
    }

    std::deque<Happened> happened_;
    kj::Own<kj::PromiseFulfiller<void>> waiter_;
    std::optional<Error> failure_;
    bool is_abandoned_ = false;
};

}  // namespace eventd
