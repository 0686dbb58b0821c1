#pragma once

#include "collector/ring/store_sink_service.h"
#include "common/base/socket.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "tests/support/scripted_answers.h"
#include "tests/unit/collector/ring/ring_fixture.h"

#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/timer.h>
#include <sys/socket.h>
#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

namespace evd::test {

// How the fake store answers a write.
enum class Answer { Accept, Overloaded, Failed, Silence };

// What a store keeps over its connections: what it holds, and how it is to behave.
struct FakeStore : ScriptedAnswers<Answer> {
    bool holdsMalformed(uint64_t first, uint64_t last) const {
        const auto& intervals = malformed.intervals();
        return std::any_of(intervals.begin(), intervals.end(), [&](const base::Interval& one) {
            return one.first <= last && first <= one.last;
        });
    }

    StoreModel model{StoreModel::Twice::Forbidden};
    base::IntervalSet malformed;  // events it will never take
    uint32_t batch_events_max = 0;
    bool refuses_hello = false;
    std::vector<uint64_t> written_first_sequences;  // of every write call, in order
    int hellos = 0;
    uint16_t cpu_count = 0;
};

class FakeSink final : public schema::EventSink::Server {
  public:
    explicit FakeSink(FakeStore& store) : store_(store) {}

    kj::Promise<void> write(WriteContext context) override {
        const auto batch = context.getParams().getBatch();
        store_.written_first_sequences.push_back(batch.getFirstSequence());
        if (batch.getEventCount() > 0 &&
            store_.holdsMalformed(batch.getFirstSequence(), batch.getLastSequence())) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid, "malformed"));
        }
        switch (store_.nextAnswer()) {
            case Answer::Accept:
                take(batch);
                return kj::READY_NOW;
            case Answer::Overloaded:
                ipc::throwError(base::fail(base::ErrorKind::Busy, "the disk is full"));
            case Answer::Failed:
                ipc::throwError(base::fail(base::ErrorKind::Invalid, "malformed"));
            case Answer::Silence:
                return kj::NEVER_DONE;
        }
        return kj::READY_NOW;
    }

  private:
    // Like the real store: what it holds already it answers without storing it twice (Ruling S2).
    void take(schema::EventBatch::Reader batch) {
        const auto held = store_.model.held(batch.getCpu());
        if (held.containsAll({batch.getFirstSequence(), batch.getLastSequence()})) {
            return;
        }
        const auto gaps = ipc::takeOrThrow(ipc::readGaps(batch.getGaps()));
        const auto events = batch.getEvents();
        store_.model.take(batch.getCpu(), batch.getFirstSequence(), batch.getLastSequence(),
                          batch.getEventCount(), gaps, {events.begin(), events.size()});
    }

    FakeStore& store_;
};

class FakeIngest final : public schema::EventIngest::Server {
  public:
    explicit FakeIngest(FakeStore& store) : store_(store) {}

    kj::Promise<void> hello(HelloContext context) override {
        ++store_.hellos;
        store_.cpu_count = context.getParams().getCpuCount();
        if (store_.refuses_hello) {
            ipc::throwError(base::fail(base::ErrorKind::Io, "the shards cannot be opened"));
        }
        auto results = context.getResults();
        auto holdings = results.initHoldings(2);
        for (uint16_t cpu = 0; cpu < 2; ++cpu) {
            const auto held = store_.model.held(cpu);
            holdings[cpu].setCpu(cpu);
            ipc::writeIntervals(
                held, holdings[cpu].initHeld(static_cast<unsigned>(held.intervalCount())));
        }
        results.setSink(kj::heap<FakeSink>(store_));
        results.setBatchEventsMax(store_.batch_events_max);
        return kj::READY_NOW;
    }

  private:
    FakeStore& store_;
};

// A sink with two windows in front and a fake store behind it, in one event loop and on a clock
// that the test moves.
class StoreSinkFixture {
  public:
    StoreSinkFixture()
        : sink(std::make_unique<collector::StoreSink>(
              std::vector<collector::BatchWindow*>{&windows[0], &windows[1]}, *io.lowLevelProvider,
              timer, [this] { ++progress; })) {}
    ~StoreSinkFixture() noexcept(false) {
        // The windows may still be full; the sink must be able to go at any time.
        sink = nullptr;
    }

    // Makes a new connection to the store and says hello. The old one ends.
    kj::Promise<collector::StoreHello> hello() {
        auto pair = base::makeSocketPair(SOCK_STREAM);
        REQUIRE(pair.ok());
        server = nullptr;
        server_stream = io.lowLevelProvider->wrapSocketFd(
            pair.value().right.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP);
        server = kj::heap<capnp::TwoPartyClient>(*server_stream, kj::heap<FakeIngest>(store),
                                                 capnp::rpc::twoparty::Side::SERVER);
        return sink->connect(std::move(pair.value().left), 2);
    }
    collector::StoreHello connect() { return hello().wait(io.waitScope); }

    void breakConnection() {
        server = nullptr;
        server_stream = nullptr;
        runUntil([&] { return !sink->connected(); });
    }

    template <typename Condition>
    void runUntil(Condition condition) {
        for (int turn = 0; turn < 100'000; ++turn) {
            if (condition()) {
                return;
            }
            io.waitScope.poll();
        }
        FAIL("what the test waits for does not happen");
    }
    // Lets everything happen that can without time passing.
    void settle() {
        for (int turn = 0; turn < 50; ++turn) {
            io.waitScope.poll();
        }
    }
    void advance(int64_t ms) {
        timer.advanceTo(timer.now() + ms * kj::MILLISECONDS);
        settle();
    }

    // Hands in count events that follow on, as one batch.
    void hand(uint16_t cpu, uint32_t count, size_t payload_bytes = 33) {
        collector::EventBatch batch;
        batch.cpu = cpu;
        batch.first_sequence = next_sequence[cpu];
        batch.event_count = count;
        for (uint32_t i = 0; i < count; ++i) {
            appendEvent(batch, next_sequence[cpu]++, payload_bytes);
        }
        batch.last_sequence = next_sequence[cpu] - 1;
        batch.events.seal();
        windows[cpu].hand(std::move(batch));
        sink->pump();
    }

    kj::AsyncIoContext io = kj::setupAsyncIo();
    kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
    FakeStore store;
    collector::BatchWindow windows[2] = {collector::BatchWindow([] {}),
                                         collector::BatchWindow([] {})};
    uint64_t next_sequence[2] = {1, 1};
    int progress = 0;
    kj::Own<kj::AsyncIoStream> server_stream;
    kj::Own<capnp::TwoPartyClient> server;
    std::unique_ptr<collector::StoreSink> sink;

  private:
    static void appendEvent(collector::EventBatch& batch, uint64_t sequence, size_t payload_bytes) {
        kmes::EventHeader header;
        header.header_bytes = kmes::kEventHeaderBytes;
        header.event_bytes = static_cast<uint32_t>(kmes::kEventHeaderBytes + payload_bytes);
        header.sequence = sequence;
        header.cpu = batch.cpu;
        auto& buffer = batch.events;
        buffer.makeRoom(header.event_bytes);
        kmes::encodeEventHeader(header, std::span<uint8_t, kmes::kEventHeaderBytes>(
                                            buffer.end(), kmes::kEventHeaderBytes));
        const auto payload = checkedPayload(sequence, payload_bytes);
        std::copy(payload.begin(), payload.end(), buffer.end() + kmes::kEventHeaderBytes);
        buffer.grow(header.event_bytes);
    }
};

}  // namespace evd::test
