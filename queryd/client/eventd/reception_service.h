#pragma once

#include "queryd/client/eventd/inbox_service.h"
#include "queryd/client/eventd/loop_service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace eventd {

// Who has more patience waits as long; the nanoseconds until then must fit the loop's clock.
inline constexpr std::chrono::milliseconds kPatienceMax = std::chrono::hours(365 * 24);

// What an answer and a subscription have in common: a lot in the hand of the taker, the inbox
// behind it, and what at the server goes on as long as we hold it.
//
// begin() asks; wait() and at() are the taker's; close() is harmless at any time. The taker's
// thread holds the lot, everything else is the loop's. Errors are thrown by wait().
template <typename Item, typename Held>
class Reception {
  public:
    using Delivery = typename Inbox<Item>::Delivery;

    explicit Reception(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
    ~Reception() {
        try {
            close();
        } catch (const Error&) {
            // The connection is no more, and with it what was to be closed.
        }
    }
    Reception(const Reception&) = delete;
    Reception& operator=(const Reception&) = delete;

    // `ask(inbox)` runs on the loop and answers a promise of what is to be held.
    template <typename Ask>
    void begin(Ask ask) {
        loop_->run([&]() -> kj::Promise<void> {
            auto inbox = kj::refcounted<Inbox<Item>>();
            auto held = ask(*inbox);
            return held.then([this, inbox = kj::mv(inbox)](Held capability) mutable {
                auto watched = loop_->whenLost().then([inbox = kj::addRef(*inbox)]() mutable {
                    inbox->fail(Error(ErrorKind::Gone, "eventd closed the connection"));
                });
                open_ = kj::heap<Open>(
                    Open{kj::mv(inbox), kj::mv(capability), watched.eagerlyEvaluate(nullptr)});
            });
        });
    }

    // Moves the next item out; else says what else happened. Without patience it waits for ever.
    Got wait(Item& item, std::optional<std::chrono::milliseconds> patience) {
        if (at_ == lot_.size()) {
            if (open_.get() == nullptr) {
                return Got::End;
            }
            kj::Own<Delivery> delivery = loop_->run([&] { return take(patience); });
            if (delivery->failure) {
                close();
                throw Error(*delivery->failure);
            }
            lot_ = std::move(delivery->items);
            at_ = 0;
            if (delivery->got == Got::End) {
                close();
            }
            if (delivery->got != Got::Row) {
                return delivery->got;
            }
        }
        item = std::move(lot_[at_++]);
        return Got::Row;
    }

    void close() {
        lot_.clear();
        at_ = 0;
        if (open_.get() != nullptr) {
            loop_->run([this]() -> kj::Promise<void> {
                open_->inbox->abandon();
                open_ = nullptr;
                return kj::READY_NOW;
            });
        }
    }

  private:
    struct Open {
        kj::Own<Inbox<Item>> inbox;
        Held held;
        kj::Promise<void> watched;
    };

    kj::Promise<kj::Own<Delivery>> take(std::optional<std::chrono::milliseconds> patience) {
        if (!patience) {
            return open_->inbox->take(kj::NEVER_DONE);
        }
        const auto wait_ms = std::clamp<int64_t>(patience->count(), 0, kPatienceMax.count());
        return open_->inbox->take(loop_->timer().afterDelay(wait_ms * kj::MILLISECONDS));
    }

    std::shared_ptr<Loop> loop_;
    kj::Own<Open> open_;
    std::vector<Item> lot_;
    size_t at_ = 0;
};

}  // namespace eventd
