#include "store/ingest_service.h"

#include "common/ipc/convert.h"
#include "common/ipc/errors.h"

#include <capnp/ingest.capnp.h>
#include <memory>
#include <utility>

namespace evd::store {

namespace {

capnp::ReaderOptions receiveOptions() {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = kMessageBytesMax / sizeof(capnp::word);
    options.nestingLimit = kMessageNestingMax;
    return options;
}

// Gives the answer to one call.
class CallAnswer final : public RunAnswer {
  public:
    explicit CallAnswer(kj::Own<kj::PromiseFulfiller<void>> fulfiller)
        : fulfiller_(kj::mv(fulfiller)) {}
    ~CallAnswer() noexcept override = default;

    void give(base::Result<void> outcome) override {
        if (outcome.ok()) {
            fulfiller_->fulfill();
        } else {
            fulfiller_->reject(ipc::toException(outcome.error()));
        }
    }

  private:
    kj::Own<kj::PromiseFulfiller<void>> fulfiller_;
};

// Stands in front of a call's message. A call is never cancelled while the event loop runs, so its
// message lives until the answer; but when the loop ends in the middle of a commit, all of them are
// dropped while a writer may be reading. What is attached to the call's promise goes before the
// message does, so the first of these to go without an answer ends the writers.
class MessageGuard {
  public:
    explicit MessageGuard(EventStore& store) : store_(store) {}
    MessageGuard(const MessageGuard&) = delete;
    MessageGuard& operator=(const MessageGuard&) = delete;
    ~MessageGuard() {
        if (!is_answered_) {
            store_.stopWriters();
        }
    }
    void answered() { is_answered_ = true; }

  private:
    EventStore& store_;
    bool is_answered_ = false;
};

class SinkService final : public schema::EventSink::Server {
  public:
    explicit SinkService(IngestHost& host) : host_(host) {}

    kj::Promise<void> write(WriteContext context) override {
        const auto batch = context.getParams().getBatch();
        EventRun run;
        run.cpu = batch.getCpu();
        run.first_sequence = batch.getFirstSequence();
        run.last_sequence = batch.getLastSequence();
        run.event_count = batch.getEventCount();
        run.gaps = ipc::takeOrThrow(ipc::readGaps(batch.getGaps()));
        const auto events = batch.getEvents();
        run.events = {events.begin(), events.size()};

        auto pair = kj::newPromiseAndFulfiller<void>();
        EventStore& store = host_.eventStore();
        store.write(run, std::make_unique<CallAnswer>(kj::mv(pair.fulfiller)));
        auto guard = kj::heap<MessageGuard>(store);
        MessageGuard& answered = *guard;
        return pair.promise
            .then([&answered]() { answered.answered(); },
                  [&answered](kj::Exception&& exception) {
                      answered.answered();
                      kj::throwRecoverableException(kj::mv(exception));
                  })
            .attach(kj::mv(guard));
    }

  private:
    IngestHost& host_;
};

class IngestService final : public schema::EventIngest::Server {
  public:
    explicit IngestService(IngestHost& host) : host_(host) {}

    kj::Promise<void> hello(HelloContext context) override {
        if (std::exchange(has_said_hello_, true)) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid, "hello was said before"));
        }
        // First what an earlier collector sent, then the record of our own start.
        return host_.whenIdle()
            .then([this, context]() mutable {
                ipc::okOrThrow(host_.eventStore().attach(context.getParams().getCpuCount()));
                return host_.whenIdle();
            })
            .then([this, context]() mutable { answer(context); });
    }

  private:
    void answer(HelloContext& context) {
        auto results = context.getResults();
        const auto holdings = host_.eventStore().holdings();
        auto out = results.initHoldings(static_cast<unsigned>(holdings.size()));
        for (unsigned index = 0; index < out.size(); ++index) {
            const CpuHoldings& cpu = holdings[index];
            out[index].setCpu(cpu.cpu);
            ipc::writeIntervals(
                cpu.held, out[index].initHeld(static_cast<unsigned>(cpu.held.intervalCount())));
        }
        results.setSink(kj::heap<SinkService>(host_));
        results.setBatchEventsMax(host_.batchEventsMax());
    }

    IngestHost& host_;
    bool has_said_hello_ = false;
};

}  // namespace

CollectorConnection::CollectorConnection(base::Fd socket, IngestHost& host,
                                         kj::LowLevelAsyncIoProvider& io)
    : stream_(io.wrapSocketFd(socket.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP |
                                                    kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC)),
      network_(*stream_, capnp::rpc::twoparty::Side::SERVER, receiveOptions()),
      rpc_(capnp::makeRpcServer(network_, kj::heap<IngestService>(host))) {
    rpc_.setFlowLimit(kUnansweredBytesMax / sizeof(capnp::word));
}

}  // namespace evd::store
