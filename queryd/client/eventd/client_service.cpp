// The classes of client.h on top of Reception: what each call asks for, and who receives it.

#include "queryd/client/eventd/client.h"
#include "queryd/client/eventd/reading_service.h"
#include "queryd/client/eventd/reception_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventd {

namespace {

using evd::schema::EventReceiver;
using evd::schema::ResultSink;
using evd::schema::RunningQuery;
using StoredSubscription = evd::schema::Subscription;

Error endedBy(capnp::Text::Reader text, ErrorKind kind) {
    return Error(kind, std::string(text.begin(), text.size()));
}

// Once a streaming call has failed the RPC system delivers no further call, not even `failed`; so
// what cannot be read must end the waiting here.
template <typename Item, typename Read>
kj::Promise<void> putRead(Inbox<Item>& inbox, Read read) {
    std::vector<Item> items;
    const auto failure = kj::runCatchingExceptions([&] { items = read(); });
    KJ_IF_MAYBE (exception, failure) {
        inbox.fail(Error(ErrorKind::Failed, std::string("eventd sent what cannot be read: ") +
                                                toError(*exception).what()));
        return kj::READY_NOW;
    }
    return inbox.put(std::move(items));
}

class RowSink final : public ResultSink::Server {
  public:
    explicit RowSink(Inbox<Row>& inbox) : inbox_(kj::addRef(inbox)) {}

    kj::Promise<void> records(RecordsContext context) override {
        return putRead(*inbox_, [&] { return readRows(context.getParams().getRecords()); });
    }
    kj::Promise<void> watch(WatchContext) override {
        inbox_->tell(Got::Live);
        return kj::READY_NOW;
    }
    kj::Promise<void> end(EndContext) override {
        inbox_->tell(Got::End);
        return kj::READY_NOW;
    }
    kj::Promise<void> failed(FailedContext context) override {
        inbox_->fail(endedBy(context.getParams().getError(), ErrorKind::Failed));
        return kj::READY_NOW;
    }

  private:
    kj::Own<Inbox<Row>> inbox_;
};

class Receiver final : public EventReceiver::Server {
  public:
    explicit Receiver(Inbox<StoredEvent>& inbox) : inbox_(kj::addRef(inbox)) {}

    kj::Promise<void> events(EventsContext context) override {
        return putRead(*inbox_, [&] { return readEvents(context.getParams().getEvents()); });
    }
    kj::Promise<void> failed(FailedContext context) override {
        inbox_->fail(endedBy(context.getParams().getError(), ErrorKind::Busy));
        return kj::READY_NOW;
    }

  private:
    kj::Own<Inbox<StoredEvent>> inbox_;
};

}  // namespace

struct Answer::State {
    explicit State(std::shared_ptr<Loop> loop) : rows(std::move(loop)) {}
    Reception<Row, RunningQuery::Client> rows;
    bool is_live = false;
};

struct Subscription::State {
    explicit State(std::shared_ptr<Loop> loop) : events(std::move(loop)) {}
    Reception<StoredEvent, StoredSubscription::Client> events;
};

struct Client::State {
    explicit State(const std::string& path) : loop(std::make_shared<Loop>(connectTo(path))) {}

    // Request is that of query or of explain.
    template <typename MakeRequest>
    std::unique_ptr<Answer::State> ask(const std::string& question, const QueryOptions& options,
                                       MakeRequest makeRequest) {
        auto answer = std::make_unique<Answer::State>(loop);
        answer->rows.begin([&](Inbox<Row>& inbox) {
            auto request = makeRequest(loop->session());
            request.setText(capnp::Text::Reader(question.data(), question.size()));
            request.initOptions().setTimeoutMs(options.timeout_ms);
            request.setSink(kj::heap<RowSink>(inbox));
            return request.send().then(
                [](auto&& response) -> RunningQuery::Client { return response.getRunning(); });
        });
        return answer;
    }

    std::shared_ptr<Loop> loop;
};

Client::Client(const std::string& rpc_socket_path)
    : state_(std::make_shared<State>(rpc_socket_path)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Answer Client::query(const std::string& question, const QueryOptions& options) {
    return Answer(state_->ask(question, options, [](evd::schema::Session::Client session) {
        return session.queryRequest();
    }));
}

Answer Client::explain(const std::string& question, const QueryOptions& options) {
    return Answer(state_->ask(question, options, [](evd::schema::Session::Client session) {
        return session.explainRequest();
    }));
}

EventPage Client::readFrom(int64_t cursor, uint32_t limit) {
    return state_->loop->run([&]() -> kj::Promise<EventPage> {
        auto request =
            state_->loop->session().eventStoreRequest().send().getStore().readFromRequest();
        request.setCursor(cursor);
        request.setLimit(limit);
        return request.send().then([](auto&& answer) {
            return EventPage{readEvents(answer.getEvents()), answer.getNext(), answer.getStableId(),
                             answer.getComplete()};
        });
    });
}

Subscription Client::subscribeFrom(int64_t cursor) {
    auto subscription = std::make_unique<Subscription::State>(state_->loop);
    subscription->events.begin([&](Inbox<StoredEvent>& inbox) {
        auto request =
            state_->loop->session().eventStoreRequest().send().getStore().subscribeFromRequest();
        request.setCursor(cursor);
        request.setReceiver(kj::heap<Receiver>(inbox));
        return request.send().then([](auto&& response) -> StoredSubscription::Client {
            return response.getSubscription();
        });
    });
    return Subscription(std::move(subscription));
}

Answer::Answer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;
Answer::~Answer() = default;

bool Answer::next(Row& row) {
    while (true) {
        const Got got = state_->rows.wait(row, std::nullopt);
        state_->is_live = state_->is_live || got == Got::Live;
        if (got == Got::Row || got == Got::End) {
            return got == Got::Row;
        }
    }
}

Got Answer::next(Row& row, std::chrono::milliseconds patience) {
    const Got got = state_->rows.wait(row, patience);
    state_->is_live = state_->is_live || got == Got::Live;
    return got;
}

bool Answer::isLive() const {
    return state_->is_live;
}

void Answer::cancel() {
    state_->rows.close();
}

Subscription::Subscription(std::unique_ptr<State> state) : state_(std::move(state)) {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;
Subscription::~Subscription() = default;

bool Subscription::next(StoredEvent& event) {
    return state_->events.wait(event, std::nullopt) == Got::Row;
}

bool Subscription::next(StoredEvent& event, std::chrono::milliseconds patience) {
    return state_->events.wait(event, patience) == Got::Row;
}

void Subscription::cancel() {
    state_->events.close();
}

}  // namespace eventd
