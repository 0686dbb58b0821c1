// A batch's way: taken from its window by pump(), numbered and sent as soon as a connection is open
// and its lane is not backing off, and finished when the store has answered, or says at the next
// hello that it holds the number.
//
// How much is taken at once is what makes this fast under load and prompt without it. An answer of
// the store means a commit, and commits take their time; so while some batches are on their way,
// records gather in the window until they fill a batch. As nobody knows how long an answer takes,
// nothing waits for one longer than kForwardWithin.
//
// Tearing a connection down happens on a turn of the loop of its own, never inside one of its own
// promises.

#include "collector/ingest/record_sink_service.h"

#include "collector/ingest/record_message_service.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"

#include <algorithm>
#include <utility>

namespace evd::collector {

using base::cat;

template <typename Batch>
LaneFigures RecordSink::figuresOf(const Lane<Batch>& lane) {
    LaneFigures figures = lane.figures;
    figures.unanswered = lane.queue.count();
    return figures;
}

RecordSink::Connection::Connection(kj::Own<kj::AsyncIoStream> connected)
    : client(kj::mv(connected), ipc::kRecordIngestCaller),
      ingest(client.bootstrap().castAs<schema::RecordIngest>()),
      tasks(*this) {}

void RecordSink::Connection::taskFailed(kj::Exception&& exception) {
    base::logError(cat("a task of the store's connection failed: ", ipc::toError(exception).text,
                       ", going on"));
}

void RecordSink::LoggingErrors::taskFailed(kj::Exception&& exception) {
    base::logError(
        cat("sending to the store failed: ", ipc::toError(exception).text, ", going on"));
}

RecordSink::RecordSink(LogWindow& logs, SampleWindow& samples, const SenderId& sender,
                       kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                       std::function<void()> progress)
    : logs_(logs, "log records"),
      samples_(samples, "metric samples"),
      sender_(sender),
      provider_(provider),
      timer_(timer),
      progress_(std::move(progress)),
      tasks_(logging_errors_) {}

RecordSink::~RecordSink() noexcept(false) {
    dropConnection();
}

void RecordSink::connect(base::Fd stream) {
    dropConnection();
    connection_ = kj::heap<Connection>(ipc::adoptSocket(std::move(stream), provider_));
    connection_->tasks.add(connection_->client.onDisconnect().then([this]() { scheduleDrop(); }));
    sayHello(*connection_, kSinkRetryFirstMs);
}

void RecordSink::sayHello(Connection& connection, int64_t retry_ms) {
    auto request = connection.ingest.helloRequest();
    request.setSender(capnp::Data::Reader(sender_.data(), sender_.size()));
    // The connection outlives its tasks.
    connection.tasks.add(
        request.send().then([this, &connection](auto&& response) { onHello(connection, response); },
                            [this, &connection, retry_ms](kj::Exception&& exception) {
                                onHelloRefused(connection, exception, retry_ms);
                            }));
}

void RecordSink::onHello(Connection& connection,
                         const schema::RecordIngest::HelloResults::Reader& results) {
    if (connection.is_broken) {
        return;
    }
    connection.is_open = true;
    resume(logs_, results.getLogBatch());
    resume(samples_, results.getSampleBatch());
    pump();
}

void RecordSink::onHelloRefused(Connection& connection, const kj::Exception& exception,
                                int64_t retry_ms) {
    if (exception.getType() == kj::Exception::Type::DISCONNECTED) {
        scheduleDrop();  // The supervisor brings another connection.
        return;
    }
    warnRarely(logs_, cat("the store did not answer the hello: ", ipc::toError(exception).text,
                          ", trying again"));
    connection.tasks.add(
        timer_.afterDelay(retry_ms * kj::MILLISECONDS).then([this, &connection, retry_ms]() {
            sayHello(connection, std::min(2 * retry_ms, kSinkRetryLastMs));
        }));
}

void RecordSink::pump() {
    pumpLane(logs_);
    pumpLane(samples_);
}

void RecordSink::beginDrain() {
    is_draining_ = true;
    pump();
}

bool RecordSink::allAnswered() const {
    return logs_.window.isEmpty() && logs_.queue.count() == 0 && samples_.window.isEmpty() &&
           samples_.queue.count() == 0;
}

LaneFigures RecordSink::logFigures() const {
    return figuresOf(logs_);
}

LaneFigures RecordSink::sampleFigures() const {
    return figuresOf(samples_);
}

// A connection must not be destroyed by one of its own tasks.
void RecordSink::scheduleDrop() {
    if (connection_.get() == nullptr || std::exchange(connection_->is_broken, true)) {
        return;
    }
    Connection* const broken = connection_.get();
    tasks_.add(kj::evalLater([this, broken]() {
        if (connection_.get() == broken) {
            if (broken->is_open && !is_end_expected_) {
                base::logWarning(
                    "the connection to the store has ended, keeping what it has not answered as "
                    "long as there is room");
            }
            dropConnection();
        }
    }));
}

void RecordSink::dropConnection() {
    connection_ = nullptr;
    logs_.queue.disconnect();
    samples_.queue.disconnect();
    logs_.is_backing_off = logs_.is_waiting = false;
    samples_.is_backing_off = samples_.is_waiting = false;
}

// What the last connection left in doubt is settled: the store holds it, or it is sent again.
template <typename Batch>
void RecordSink::resume(Lane<Batch>& lane, uint64_t last_stored) {
    lane.retry_ms = kSinkRetryFirstMs;
    while (const uint64_t number = lane.queue.storedThrough(last_stored)) {
        const Batch batch = lane.queue.finish(number);
        lane.figures.stored += batch.count();
        ++lane.figures.batches;
        lane.window.release(batch.bytes());
    }
}

template <typename Batch>
bool RecordSink::isEager(const Lane<Batch>& lane) const {
    return is_draining_ || lane.queue.count() < kEagerBatches ||
           (lane.queue.count() < kBatchesOnTheWayMax &&
            timer_.now() - lane.last_taken >= kForwardWithin);
}

// Without a connection, records stay in the window, which knows what to do when it is full.
template <typename Batch>
void RecordSink::pumpLane(Lane<Batch>& lane) {
    if (!connected() || connection_->is_broken || lane.is_backing_off) {
        return;
    }
    while (auto batch = lane.window.take(/*only_full=*/!isEager(lane))) {
        lane.last_taken = timer_.now();
        const size_t bytes = batch->bytes();
        lane.queue.add(*std::move(batch), bytes);
    }
    sendLane(lane);
    // With too many on their way an answer goes on with this.
    if (!lane.window.isEmpty() && lane.queue.count() < kBatchesOnTheWayMax) {
        waitToForward(lane);
    }
}

template <typename Batch>
void RecordSink::waitToForward(Lane<Batch>& lane) {
    if (std::exchange(lane.is_waiting, true)) {
        return;
    }
    connection_->tasks.add(timer_.atTime(lane.last_taken + kForwardWithin).then([this, &lane]() {
        lane.is_waiting = false;
        pumpLane(lane);
    }));
}

template <typename Batch>
void RecordSink::sendLane(Lane<Batch>& lane) {
    while (auto* kept = lane.queue.startNext()) {
        const uint64_t number = kept->number;
        connection_->tasks.add(
            makeWriteRequest(connection_->ingest, number, kept->batch)
                .send()
                .then([this, &lane, number](auto&&) { onAnswered(lane, number); },
                      [this, &lane, number](kj::Exception&& exception) {
                          onRefused(lane, number, exception);
                      }));
    }
}

template <typename Batch>
void RecordSink::onAnswered(Lane<Batch>& lane, uint64_t number) {
    const Batch batch = lane.queue.finish(number);
    lane.figures.stored += batch.count();
    ++lane.figures.batches;
    lane.retry_ms = kSinkRetryFirstMs;
    lane.window.release(batch.bytes());
    pumpLane(lane);
    progress_();
}

template <typename Batch>
void RecordSink::onRefused(Lane<Batch>& lane, uint64_t number, const kj::Exception& exception) {
    const std::string reason = ipc::toError(exception).text;
    switch (exception.getType()) {
        case kj::Exception::Type::DISCONNECTED:
            scheduleDrop();
            return;
        case kj::Exception::Type::OVERLOADED:
            onOverloaded(lane, number, reason);
            return;
        case kj::Exception::Type::FAILED:
        case kj::Exception::Type::UNIMPLEMENTED:
            const Batch batch = lane.queue.finish(number);
            lane.figures.refused += batch.count();
            lane.window.release(batch.bytes());
            warnRarely(lane, cat("the store refuses ", batch.count(), " ", lane.name, ": ", reason,
                                 ", dropping them"));
            pumpLane(lane);
            progress_();
            return;
    }
}

// Everything of the kind waits, not only this batch: a store that is full for one is full for all,
// and what was sent behind it comes back by itself.
template <typename Batch>
void RecordSink::onOverloaded(Lane<Batch>& lane, uint64_t number, const std::string& reason) {
    ++lane.figures.retries;
    lane.queue.postpone(number);
    if (std::exchange(lane.is_backing_off, true)) {
        return;
    }
    warnRarely(lane, cat("the store cannot take ", lane.name, " now: ", reason,
                         ", keeping them as long as there is room"));
    const int64_t delay_ms =
        std::exchange(lane.retry_ms, std::min(2 * lane.retry_ms, kSinkRetryLastMs));
    connection_->tasks.add(timer_.afterDelay(delay_ms * kj::MILLISECONDS).then([this, &lane]() {
        lane.is_backing_off = false;
        pumpLane(lane);
    }));
}

template <typename Batch>
void RecordSink::warnRarely(Lane<Batch>& lane, const std::string& text) {
    if (timer_.now() >= lane.quiet_until) {
        lane.quiet_until = timer_.now() + kSinkQuiet;
        base::logWarning(text);
    }
}

}  // namespace evd::collector
