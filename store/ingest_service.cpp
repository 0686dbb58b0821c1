#include "store/ingest_service.h"

#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "store/answer_service.h"

#include <capnp/ingest.capnp.h>
#include <memory>
#include <utility>

namespace evd::store {

namespace {

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
        run.ring_fill_percent = batch.getRingFillPercent();

        // The call is not cancelled when the collector goes, so the message that the run points
        // into lives until this promise is resolved, and a writer never reads one that is gone.
        auto pair = kj::newPromiseAndFulfiller<void>();
        host_.eventStore().write(run, std::make_unique<CallAnswer>(kj::mv(pair.fulfiller)));
        return kj::mv(pair.promise);
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
        return attachWhenIdle(context.getParams().getCpuCount()).then([this, context]() mutable {
            answer(context);
        });
    }

  private:
    // First what an earlier collector sent, then the record of our own start. Between the moment in
    // which the store is idle and this continuation the loop may have come by with a record of our
    // own: then it is waited for too.
    kj::Promise<void> attachWhenIdle(uint16_t cpu_count) {
        return host_.whenIdle().then([this, cpu_count]() -> kj::Promise<void> {
            if (!host_.eventStore().isIdle()) {
                return attachWhenIdle(cpu_count);
            }
            ipc::okOrThrow(host_.eventStore().attach(cpu_count));
            return host_.whenIdle();
        });
    }

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
    : connection_(ipc::adoptSocket(std::move(socket), io), kj::heap<IngestService>(host),
                  ipc::kEventIngestDoor) {}

}  // namespace evd::store
