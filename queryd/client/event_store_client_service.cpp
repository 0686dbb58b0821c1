#include "queryd/client/event_store_client_service.h"

#include "common/base/socket.h"
#include "common/ipc/errors.h"
#include "common/ipc/peer_connection.h"

#include <capnp/query.capnp.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <span>
#include <utility>

namespace evd::queryd {

namespace {

using Events = std::vector<wire::StoredEvent>;

std::optional<base::Guid> readGuid(capnp::Data::Reader bytes) {
    const auto guid = base::guidFromBytes(std::span(bytes.begin(), bytes.size()));
    return guid.ok() ? std::optional(guid.value()) : std::nullopt;
}

wire::StoredEvent readEvent(schema::StoredEvent::Reader in) {
    wire::StoredEvent event;
    event.id = in.getId();
    event.boot = readGuid(in.getBootId()).value_or(base::Guid());
    event.timestamp_ns = in.getTimestamp();
    const auto type = in.getType();
    event.type.assign(type.begin(), type.size());
    if (in.getCpu() >= 0) {
        event.cpu = in.getCpu();
    }
    if (in.getSequence() != 0) {
        event.sequence = static_cast<int64_t>(in.getSequence());
    }
    if (in.getOriginClass() >= 0) {
        event.origin_class = in.getOriginClass();
    }
    event.effective_token = readGuid(in.getEffectiveToken());
    event.true_token = readGuid(in.getTrueToken());
    event.process = readGuid(in.getProcess());
    const auto payload = in.getPayload();
    if (payload.size() != 0) {
        event.payload.emplace(payload.begin(), payload.end());
    }
    return event;
}

Events readEvents(capnp::List<schema::StoredEvent>::Reader in) {
    Events events;
    events.reserve(in.size());
    for (const auto event : in) {
        events.push_back(readEvent(event));
    }
    return events;
}

// Hands lots to the thread that waits in follow(), which runs this loop. Each streaming call is
// answered when its lot has been taken, so that the server is never ahead by more than its window.
class ReceiverService final : public schema::EventReceiver::Server {
  public:
    struct State {
        kj::Own<kj::PromiseFulfiller<void>> arrived;
        std::vector<Events> lots;
        std::optional<base::Error> ended;
        bool is_wanted = true;
    };

    // Shared: the server may hold and call this for longer than follow() waits.
    explicit ReceiverService(std::shared_ptr<State> state) : state_(std::move(state)) {}

    kj::Promise<void> events(EventsContext context) override {
        if (state_->is_wanted) {
            state_->lots.push_back(readEvents(context.getParams().getEvents()));
            wake();
        }
        return kj::READY_NOW;
    }

    kj::Promise<void> failed(FailedContext context) override {
        const auto text = context.getParams().getError();
        state_->ended = base::fail(base::ErrorKind::Busy, std::string(text.begin(), text.size()));
        wake();
        return kj::READY_NOW;
    }

  private:
    void wake() {
        if (state_->arrived.get() != nullptr) {
            state_->arrived->fulfill();
        }
    }

    std::shared_ptr<State> state_;
};

class TwoPartyEventStoreClient final : public EventStoreClient {
  public:
    explicit TwoPartyEventStoreClient(base::Fd connection)
        : io_(kj::setupAsyncIo()),
          server_(ipc::adoptSocket(std::move(connection), *io_.lowLevelProvider), ipc::kQueryCaller,
                  [](std::string_view) {}),  // the error says it
          store_(session().eventStoreRequest().send().getStore()) {}
    ~TwoPartyEventStoreClient() noexcept override {}  // kj's would be allowed to throw

    base::Result<StoredEventPage> readFrom(int64_t cursor, uint32_t limit) override {
        return guarded([&] {
            auto request = store_.readFromRequest();
            request.setCursor(cursor);
            request.setLimit(limit);
            auto answer = request.send().wait(io_.waitScope);
            return StoredEventPage{readEvents(answer.getEvents()), answer.getNext(), 0,
                                   answer.getStableId(), answer.getComplete()};
        });
    }

    base::Result<StoredEventPage> readStream(const CpuPlace& place, uint32_t limit) override {
        return guarded([&] {
            auto request = store_.readStreamRequest();
            request.setCpu(place.cpu);
            if (place.boot) {
                request.setBootId(kj::arrayPtr(place.boot->bytes.data(), place.boot->bytes.size()));
            }
            auto cursor = request.initCursor();
            cursor.setSequence(place.sequence);
            cursor.setId(place.id);
            request.setLimit(limit);
            auto answer = request.send().wait(io_.waitScope);
            return StoredEventPage{readEvents(answer.getEvents()), answer.getNext().getId(),
                                   answer.getNext().getSequence(), answer.getStableId(),
                                   answer.getComplete()};
        });
    }

    base::Result<void> follow(int64_t cursor, const EventFollower& follower,
                              uint32_t patience_ms) override {
        const auto state = std::make_shared<ReceiverService::State>();
        base::Result<void> ended;
        const auto failure = kj::runCatchingExceptions(
            [&] { ended = followOrThrow(cursor, follower, patience_ms, state); });
        state->is_wanted = false;
        KJ_IF_MAYBE (exception, failure) {
            return ipc::toError(*exception);
        }
        return ended;
    }

  private:
    schema::Session::Client session() { return server_.bootstrap().castAs<schema::Session>(); }

    template <typename Work>
    auto guarded(const Work& work) -> base::Result<decltype(work())> {
        std::optional<decltype(work())> answer;
        const auto failure = kj::runCatchingExceptions([&] { answer.emplace(work()); });
        KJ_IF_MAYBE (exception, failure) {
            return ipc::toError(*exception);
        }
        return std::move(*answer);
    }

    base::Result<void> followOrThrow(int64_t cursor, const EventFollower& follower,
                                     uint32_t patience_ms,
                                     const std::shared_ptr<ReceiverService::State>& state) {
        auto request = store_.subscribeFromRequest();
        request.setCursor(cursor);
        request.setReceiver(kj::heap<ReceiverService>(state));
        // Held for as long as it is followed; dropping it is what ends it.
        auto subscription = request.send().wait(io_.waitScope);
        while (true) {
            for (const Events& lot : std::exchange(state->lots, {})) {
                if (!follower(lot)) {
                    return {};
                }
            }
            if (state->ended) {
                return *state->ended;
            }
            if (!waitForMore(*state, patience_ms) && !follower({})) {
                return {};
            }
        }
    }

    // False when nothing came in time.
    bool waitForMore(ReceiverService::State& state, uint32_t patience_ms) {
        auto arrived = kj::newPromiseAndFulfiller<void>();
        state.arrived = kj::mv(arrived.fulfiller);
        auto lost = server_.onDisconnect().then([]() {
            ipc::throwError(base::fail(base::ErrorKind::Gone, "the server closed the connection"));
        });
        auto late = io_.provider->getTimer().afterDelay(patience_ms * kj::MILLISECONDS);
        arrived.promise.exclusiveJoin(kj::mv(lost)).exclusiveJoin(kj::mv(late)).wait(io_.waitScope);
        return !state.lots.empty() || state.ended.has_value();
    }

    kj::AsyncIoContext io_;
    ipc::PeerConnection server_;
    schema::EventStore::Client store_;
};

}  // namespace

base::Result<std::unique_ptr<EventStoreClient>> makeEventStoreClient(base::Fd connection) {
    std::unique_ptr<EventStoreClient> client;
    const auto failure = kj::runCatchingExceptions(
        [&] { client = std::make_unique<TwoPartyEventStoreClient>(std::move(connection)); });
    KJ_IF_MAYBE (exception, failure) {
        return ipc::toError(*exception);
    }
    return client;
}

base::Result<std::unique_ptr<EventStoreClient>> connectEventStoreClient(
    const std::string& socket_path) {
    auto connection = base::connectUnix(socket_path, SOCK_STREAM);
    if (!connection.ok()) {
        return connection.error();
    }
    return makeEventStoreClient(std::move(connection).value());
}

}  // namespace evd::queryd
