#include "queryd/transport/rpc_event_store_service.h"

#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "common/wire/stored_event.h"
#include "queryd/transport/rpc_answer_service.h"
#include "queryd/transport/rpc_delivery_service.h"
#include "queryd/transport/rpc_outbox_service.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace evd::queryd {

namespace {

using Item = RpcOutbox::Item;
using Kind = RpcOutbox::Kind;

kj::ArrayPtr<const kj::byte> bytesOf(std::span<const uint8_t> bytes) {
    return kj::arrayPtr(bytes.data(), bytes.size());
}

// What does not fit its field, which only a tampered row can do, is none.
template <typename Number>
Number numberOr(const std::optional<int64_t>& value, Number none) {
    return value && *value >= 0 && *value <= std::numeric_limits<Number>::max()
               ? static_cast<Number>(*value)
               : none;
}

void writeEvent(const wire::StoredEvent& event, schema::StoredEvent::Builder out) {
    out.setId(event.id);
    out.setBootId(bytesOf(event.boot.bytes));
    out.setTimestamp(event.timestamp_ns);
    auto type = out.initType(static_cast<unsigned>(event.type.size()));
    std::copy(event.type.begin(), event.type.end(), type.begin());
    out.setCpu(numberOr<int32_t>(event.cpu, -1));
    out.setSequence(static_cast<uint64_t>(event.sequence.value_or(0)));
    out.setOriginClass(numberOr<int16_t>(event.origin_class, -1));
    if (event.effective_token) {
        out.setEffectiveToken(bytesOf(event.effective_token->bytes));
    }
    if (event.true_token) {
        out.setTrueToken(bytesOf(event.true_token->bytes));
    }
    if (event.process) {
        out.setProcess(bytesOf(event.process->bytes));
    }
    if (event.payload) {
        out.setPayload(bytesOf(*event.payload));
    }
}

void writeEvents(const std::vector<uint8_t>& records,
                 capnp::List<schema::StoredEvent>::Builder out) {
    wire::MsgpackReader reader(records);
    for (auto event : out) {
        writeEvent(ipc::takeOrThrow(wire::readStoredEvent(reader)), event);
    }
}

class EventRecipient final : public RpcRecipient {
  public:
    explicit EventRecipient(schema::EventReceiver::Client receiver) : receiver_(kj::mv(receiver)) {}

    kj::Promise<void> take(const std::vector<uint8_t>& records, uint32_t count) override {
        auto request = receiver_.eventsRequest();
        writeEvents(records, request.initEvents(count));
        return request.send();
    }
    // A subscription has no initial result and no end.
    kj::Promise<void> initialComplete() override { return kj::READY_NOW; }
    kj::Promise<void> end() override { return kj::READY_NOW; }
    kj::Promise<void> fail(const std::string& error) override {
        auto request = receiver_.failedRequest();
        request.setError({error.c_str(), error.size()});
        return request.send().ignoreResult();
    }

  private:
    schema::EventReceiver::Client receiver_;
};

class SubscriptionService final : public schema::Subscription::Server {
  public:
    SubscriptionService(std::shared_ptr<RpcOutbox> outbox, schema::EventReceiver::Client receiver,
                        const RpcSessionParts& parts, std::shared_ptr<size_t> held)
        : delivery_(std::move(outbox), kj::heap<EventRecipient>(kj::mv(receiver)), parts,
                    std::move(held)) {}

    RpcDelivery& delivery() { return delivery_; }

  private:
    RpcDelivery delivery_;
};

// One page on its way. Destroying it, as kj does when the client drops the call, cancels it.
class PageInTheMaking {
  public:
    PageInTheMaking(const RpcSessionParts& parts, const Caller& caller, EventQuestion question,
                    std::shared_ptr<size_t> held)
        : outbox_(std::make_shared<RpcOutbox>(parts.loop)),
          end_(std::make_shared<EventPageEnd>()),
          held_(std::move(held)) {
        question.end = end_;
        Question asked{caller, {}};
        asked.events = std::move(question);
        control_ = parts.runner.start(std::move(asked), std::make_unique<RpcAnswer>(outbox_));
    }
    ~PageInTheMaking() {
        if (control_) {
            control_->cancelled = true;
        }
        outbox_->abandon();
    }
    KJ_DISALLOW_COPY(PageInTheMaking);

    kj::Promise<void> gather() {
        return outbox_->next().then([this](Item item) -> kj::Promise<void> {
            if (item.kind == Kind::Finished) {
                if (item.failed) {
                    ipc::throwError(base::fail(item.error_kind, item.error));
                }
                return kj::READY_NOW;
            }
            records_.insert(records_.end(), item.records.begin(), item.records.end());
            count_ += item.count;
            return gather();
        });
    }

    const EventPageEnd& end() const { return *end_; }
    const std::vector<uint8_t>& records() const { return records_; }
    uint32_t count() const { return count_; }

  private:
    // Shared with the question's thread, which may end later than the call.
    std::shared_ptr<RpcOutbox> outbox_;
    std::shared_ptr<EventPageEnd> end_;
    HeldPlace held_;
    std::shared_ptr<QuestionControl> control_;
    std::vector<uint8_t> records_;
    uint32_t count_ = 0;
};

class EventStoreService final : public schema::EventStore::Server {
  public:
    EventStoreService(Caller caller, RpcSessionParts parts, HeldCounts held)
        : caller_(std::move(caller)), parts_(parts), held_(std::move(held)) {}

    kj::Promise<void> readFrom(ReadFromContext context) override {
        const auto params = context.getParams();
        EventQuestion question;
        question.after_id = params.getCursor();
        question.events_max = eventsMax(params.getLimit());
        context.allowCancellation();
        return makePage(std::move(question), [context](const PageInTheMaking& page) mutable {
            auto results = context.getResults();
            writeEvents(page.records(), results.initEvents(page.count()));
            results.setNext(page.end().next_id);
            results.setStableId(page.end().stable_id);
            results.setComplete(page.end().is_complete);
        });
    }

    kj::Promise<void> readStream(ReadStreamContext context) override {
        const auto params = context.getParams();
        const auto boot = params.getBootId();
        EventQuestion question;
        question.after_id = params.getCursor().getId();
        question.events_max = eventsMax(params.getLimit());
        question.cpu = CpuFilter{params.getCpu(), parts_.boot_id, params.getCursor().getSequence()};
        if (boot.size() != 0) {
            question.cpu->boot =
                ipc::takeOrThrow(base::guidFromBytes(std::span(boot.begin(), boot.size())));
        }
        context.allowCancellation();
        return makePage(std::move(question), [context](const PageInTheMaking& page) mutable {
            auto results = context.getResults();
            writeEvents(page.records(), results.initEvents(page.count()));
            auto next = results.initNext();
            next.setSequence(page.end().next_sequence);
            next.setId(page.end().next_id);
            results.setStableId(page.end().stable_id);
            results.setComplete(page.end().is_complete);
        });
    }

    kj::Promise<void> subscribeFrom(SubscribeFromContext context) override {
        checkHeld(*held_.subscriptions, kSubscriptionsPerConnectionMax,
                  base::cat("this connection holds ", kSubscriptionsPerConnectionMax,
                            " subscriptions already; drop one first"));
        const auto params = context.getParams();
        auto outbox = std::make_shared<RpcOutbox>(parts_.loop);
        auto service = kj::heap<SubscriptionService>(outbox, params.getReceiver(), parts_,
                                                     held_.subscriptions);
        Question question{caller_, {}};
        question.events.emplace();
        question.events->kind = EventQuestion::Kind::Follow;
        question.events->after_id = params.getCursor();
        context.releaseParams();
        context.allowCancellation();
        RpcDelivery& delivery = service->delivery();
        schema::Subscription::Client client = kj::mv(service);
        delivery.watchOver(
            parts_.runner.start(std::move(question), std::make_unique<RpcAnswer>(outbox)));
        return outbox->next().then(
            [context, &delivery, client = kj::mv(client)](Item item) mutable {
                if (item.kind == Kind::Finished) {
                    ipc::throwError(base::fail(item.error_kind, item.error));
                }
                context.getResults().setSubscription(kj::mv(client));
                delivery.start();
            });
    }

  private:
    static uint64_t eventsMax(uint32_t limit) {
        return limit == 0 ? kEventsPerPageMax : std::min<uint64_t>(limit, kEventsPerPageMax);
    }

    template <typename Write>
    kj::Promise<void> makePage(EventQuestion question, Write write) {
        checkHeldQuestions(held_, parts_.limits);
        auto page =
            kj::heap<PageInTheMaking>(parts_, caller_, std::move(question), held_.questions);
        PageInTheMaking& gathering = *page;
        return gathering.gather()
            .then([&gathering, write = kj::mv(write)]() mutable { write(gathering); })
            .attach(kj::mv(page));
    }

    Caller caller_;
    RpcSessionParts parts_;
    HeldCounts held_;
};

}  // namespace

schema::EventStore::Client makeEventStore(Caller caller, RpcSessionParts parts, HeldCounts held) {
    return kj::heap<EventStoreService>(std::move(caller), parts, std::move(held));
}

}  // namespace evd::queryd
