// A batch's way: handed in at a window, taken into its lane by pump(), sent as soon as a connection
// is open and its lane is not backing off, and forgotten when the store has answered or says at the
// next hello that it holds the whole range.
//
// A lane is a queue in sequence order. Everything in it that is not on its way is sent in that
// order; after an `overloaded` the lane waits, so that a batch never overtakes one that is being
// retried more than by what was on its way already. The store does not need the order for
// exactness, only for the pleasure of ids that grow with the sequence.
//
// Tearing a connection down happens on a turn of the loop of its own, never inside one of its own
// promises, and always before a batch is freed that a message may still point into.

#include "collector/ring/store_sink_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"

#include <algorithm>
#include <utility>

namespace evd::collector {

using base::cat;

namespace {

std::string describe(const EventBatch& batch) {
    return cat("events ", batch.first_sequence, " to ", batch.last_sequence, " of cpu ", batch.cpu);
}

void writeBatch(const EventBatch& batch, schema::EventBatch::Builder out) {
    out.setCpu(batch.cpu);
    out.setFirstSequence(batch.first_sequence);
    out.setLastSequence(batch.last_sequence);
    out.setEventCount(batch.event_count);
    out.setRingFillPercent(batch.ring_fill_percent);
    ipc::writeGaps(batch.gaps, out.initGaps(static_cast<unsigned>(batch.gaps.size())));
    if (batch.events.empty()) {
        return;
    }
    // Borrowed: aligned and padded by EventBuffer, kept until the answer by StoreSink.
    const auto bytes = batch.events.bytes();
    const auto orphanage = capnp::Orphanage::getForMessageContaining(out);
    out.adoptEvents(
        orphanage.referenceExternalData(capnp::Data::Reader(bytes.data(), bytes.size())));
}

}  // namespace

StoreSink::Connection::Connection(kj::Own<kj::AsyncIoStream> connected)
    : client(kj::mv(connected), ipc::kEventIngestCaller), tasks(*this) {}

void StoreSink::Connection::taskFailed(kj::Exception&& exception) {
    base::logError(cat("a task of the store's connection failed: ", ipc::toError(exception).text,
                       ", going on"));
}

void StoreSink::LoggingErrors::taskFailed(kj::Exception&& exception) {
    base::logError(
        cat("sending to the store failed: ", ipc::toError(exception).text, ", going on"));
}

StoreSink::StoreSink(std::vector<BatchWindow*> windows, kj::LowLevelAsyncIoProvider& provider,
                     kj::Timer& timer, std::function<void()> progress)
    : provider_(provider), timer_(timer), progress_(std::move(progress)), tasks_(logging_errors_) {
    for (BatchWindow* window : windows) {
        lanes_.push_back(std::make_unique<Lane>());
        lanes_.back()->window = window;
    }
}

StoreSink::~StoreSink() noexcept(false) {
    dropConnection();
}

kj::Promise<StoreHello> StoreSink::connect(base::Fd stream, uint16_t cpu_count) {
    dropConnection();
    connection_ = kj::heap<Connection>(ipc::adoptSocket(std::move(stream), provider_));
    Connection& connection = *connection_;
    connection.tasks.add(connection.client.onDisconnect().then([this]() { scheduleDrop(); }));
    auto request = connection.client.bootstrap().castAs<schema::EventIngest>().helloRequest();
    request.setCpuCount(cpu_count);
    return request.send().then([this, &connection](auto&& response) {
        if (connection_.get() != &connection || connection.broken) {
            ipc::throwError(base::fail(base::ErrorKind::Gone, "the store's connection has ended"));
        }
        return openConnection(connection, response);
    });
}

StoreHello StoreSink::openConnection(Connection& connection,
                                     const schema::EventIngest::HelloResults::Reader& results) {
    StoreHello hello;
    hello.batch_events_max = results.getBatchEventsMax();
    for (const auto holdings : results.getHoldings()) {
        hello.held.insert_or_assign(holdings.getCpu(),
                                    ipc::takeOrThrow(ipc::readIntervals(holdings.getHeld())));
    }
    connection.sink = results.getSink();
    connection.open = true;
    for (const auto& lane : lanes_) {
        if (hello.batch_events_max > 0) {
            lane->window->setEventsMax(hello.batch_events_max);
        }
        lane->retry_ms = kRetryFirstMs;
    }
    forgetHeld(hello);
    pump();
    return hello;
}

// Whatever the store holds whole needs no answer any more. A batch that it holds in part is sent
// whole: the receipts sort it out (Ruling S2).
void StoreSink::forgetHeld(const StoreHello& hello) {
    for (const auto& lane : lanes_) {
        std::vector<Kept*> answered;
        for (const auto& kept : lane->kept) {
            const auto held = hello.held.find(kept->batch.cpu);
            if (held != hello.held.end() &&
                held->second.containsAll({kept->batch.first_sequence, kept->batch.last_sequence})) {
                answered.push_back(kept.get());
            }
        }
        for (Kept* kept : answered) {
            forget(*lane, *kept);
        }
    }
}

void StoreSink::pump() {
    for (const auto& lane : lanes_) {
        while (auto batch = lane->window->take()) {
            auto kept = std::make_unique<Kept>();
            kept->window_bytes = batch->events.size();
            kept->batch = *std::move(batch);
            lane->cpu = kept->batch.cpu;
            lane->kept.push_back(std::move(kept));
            ++figures_.batches_kept;
        }
        sendLane(*lane);
    }
}

void StoreSink::sendLane(Lane& lane) {
    if (!connected() || connection_->broken || lane.backing_off) {
        return;
    }
    for (const auto& kept : lane.kept) {
        if (!kept->sending) {
            send(lane, *kept);
        }
    }
}

void StoreSink::send(Lane& lane, Kept& kept) {
    auto request = connection_->sink.writeRequest();
    writeBatch(kept.batch, request.initBatch());
    kept.sending = true;
    // Lane and batch outlive the task: a batch is forgotten by its answer only, and a dropped
    // connection takes its tasks along.
    connection_->tasks.add(request.send().then(
        [this, &lane, &kept](auto&&) { onAnswered(lane, kept); },
        [this, &lane, &kept](kj::Exception&& exception) { onRefused(lane, kept, exception); }));
}

void StoreSink::onAnswered(Lane& lane, Kept& kept) {
    lane.retry_ms = kRetryFirstMs;
    forget(lane, kept);
}

void StoreSink::onRefused(Lane& lane, Kept& kept, const kj::Exception& exception) {
    const std::string reason = ipc::toError(exception).text;
    kept.sending = false;
    switch (exception.getType()) {
        case kj::Exception::Type::DISCONNECTED:
            scheduleDrop();
            return;
        case kj::Exception::Type::OVERLOADED:
            onOverloaded(lane, reason);
            return;
        case kj::Exception::Type::FAILED:
        case kj::Exception::Type::UNIMPLEMENTED:
            onMalformed(lane, kept, reason);
            return;
    }
}

// One event that the store will not have must not take its neighbours along.
void StoreSink::onMalformed(Lane& lane, Kept& kept, const std::string& reason) {
    ++figures_.batches_refused;
    auto half = splitOffHalf(kept.batch);
    if (!half) {
        becomeGap(lane, kept, reason);
        return;
    }
    auto behind = std::make_unique<Kept>();
    behind->batch = *std::move(half);
    behind->window_bytes = std::exchange(kept.window_bytes, std::nullopt);
    lane.kept.insert(std::next(lane.find(kept)), std::move(behind));
    ++figures_.batches_kept;
    sendLane(lane);
}

void StoreSink::onOverloaded(Lane& lane, const std::string& reason) {
    ++figures_.retries;
    if (lane.backing_off) {
        return;
    }
    if (timer_.now() >= lane.quiet_until) {
        lane.quiet_until = timer_.now() + kRefusalQuiet;
        base::logWarning(cat("the store cannot take events of cpu ", lane.cpu, " now: ", reason,
                             ", keeping them and trying again"));
    }
    lane.backing_off = true;
    const int64_t delay_ms =
        std::exchange(lane.retry_ms, std::min(2 * lane.retry_ms, kRetryLastMs));
    connection_->tasks.add(timer_.afterDelay(delay_ms * kj::MILLISECONDS).then([this, &lane]() {
        lane.backing_off = false;
        sendLane(lane);
    }));
}

// Ruling S4: what the sender has to give up is recorded as lost.
void StoreSink::becomeGap(Lane& lane, Kept& kept, const std::string& reason) {
    if (kept.batch.event_count == 0) {
        ++figures_.gaps_refused;
        base::logError(cat("the store refuses to record the loss of ", describe(kept.batch), ": ",
                           reason, ", dropping the record"));
        forget(lane, kept);
        return;
    }
    figures_.events_refused += kept.batch.event_count;
    if (timer_.now() >= lane.loss_quiet_until) {
        lane.loss_quiet_until = timer_.now() + kRefusalQuiet;
        base::logError(cat("the store refuses ", describe(kept.batch), ": ", reason,
                           ", recording them as lost"));
    }
    kept.batch = gapInsteadOf(kept.batch);
    sendLane(lane);
}

std::deque<std::unique_ptr<StoreSink::Kept>>::iterator StoreSink::Lane::find(const Kept& wanted) {
    const auto at = std::find_if(kept.begin(), kept.end(),
                                 [&](const auto& each) { return each.get() == &wanted; });
    EVD_CHECK(at != kept.end(), "a batch is forgotten once");
    return at;
}

void StoreSink::forget(Lane& lane, Kept& kept) {
    const auto window_bytes = kept.window_bytes;
    lane.kept.erase(lane.find(kept));
    ++figures_.batches_answered;
    --figures_.batches_kept;
    if (window_bytes) {
        lane.window->release(*window_bytes);
    }
    progress_();
}

bool StoreSink::allAnswered() const {
    return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) {
        return lane->kept.empty() && lane->window->unansweredBatches() == 0;
    });
}

// A connection must not be destroyed by one of its own tasks.
void StoreSink::scheduleDrop() {
    if (connection_.get() == nullptr || std::exchange(connection_->broken, true)) {
        return;
    }
    Connection* const broken = connection_.get();
    tasks_.add(kj::evalLater([this, broken]() {
        if (connection_.get() == broken) {
            if (broken->open && !end_expected_) {
                base::logWarning(
                    "the connection to the store has ended, keeping what it has not "
                    "answered");
            }
            dropConnection();
        }
    }));
}

void StoreSink::dropConnection() {
    connection_ = nullptr;
    for (const auto& lane : lanes_) {
        lane->backing_off = false;
        for (const auto& kept : lane->kept) {
            kept->sending = false;
        }
    }
}

}  // namespace evd::collector
