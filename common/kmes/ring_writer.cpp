// How events get into a ring (Spec PSD-003 §5.1, write protocol).
//
// append() writes each event behind the frontier. Before the bytes, makeRoom() moves the tail over
// what they will overwrite, event by event, and publishes the tail: a reader that later finds its
// position behind the tail knows that its copy is torn. After the last event write_pos is published
// once, then the sequence cell, then the consumers are woken.
//
// The order makes a crash harmless at every point. Bytes that were not published lie in space that
// nobody reads, and their sequence numbers are given out again. Bytes that were published but not
// counted in the cell are found by resume(), which walks from the tail to write_pos and takes the
// greater of cell and last event. The one batch that cannot be kept unpublished to its end is the
// one larger than the ring: its tail would pass write_pos, so it is published where that happens.

#include "common/kmes/ring_writer.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/kmes/futex.h"

#include <algorithm>
#include <cstring>

namespace evd::kmes {

using base::cat;
using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

void storeRelease(uint64_t& field, uint64_t value) {
    __atomic_store_n(&field, value, __ATOMIC_RELEASE);
}

}  // namespace

RingWriter::RingWriter(std::unique_ptr<RingMapping> mapping, SequenceCell& next_sequence)
    : mapping_(std::move(mapping)),
      next_sequence_(next_sequence),
      page_(mapping_->writableProducer()) {
    if (next_sequence_.load() == 0) {
        next_sequence_.store(1);  // Sequence 0 is never assigned (Spec §2.1).
    }
}

std::unique_ptr<RingWriter> RingWriter::startFresh(std::unique_ptr<RingMapping> mapping,
                                                   SequenceCell& next_sequence) {
    std::unique_ptr<RingWriter> writer(new RingWriter(std::move(mapping), next_sequence));
    writer->writePage(1);
    return writer;
}

Result<std::unique_ptr<RingWriter>> RingWriter::resume(std::unique_ptr<RingMapping> mapping,
                                                       SequenceCell& next_sequence) {
    EVD_TRY(mapping->verify());
    std::unique_ptr<RingWriter> writer(new RingWriter(std::move(mapping), next_sequence));
    const uint64_t write_position = writer->mapping_->writePosition();
    uint64_t tail = writer->mapping_->tailPosition();
    uint64_t last_sequence = 0;
    const bool plausible =
        tail <= write_position && write_position - tail <= writer->mapping_->capacity();
    if (plausible &&
        writer->walkToTrustedEnd(tail, write_position, last_sequence) == write_position) {
        next_sequence.store(std::max(next_sequence.load(), last_sequence + 1));
    } else {
        // Damaged: a number must never be given twice, and the cell lags by one batch at most.
        tail = write_position;
        storeRelease(writer->page_.tail_pos, tail);
        next_sequence.store(next_sequence.load() + kEmitBatchEntriesMax);
    }
    writer->tail_ = tail;
    writer->published_ = write_position;
    writer->frontier_ = write_position;
    return writer;
}

std::unique_ptr<RingWriter> RingWriter::makeSuccessor(std::unique_ptr<RingMapping> mapping) const {
    EVD_CHECK(!retired_ && frontier_ == published_, "a ring is replaced once, between appends");
    std::unique_ptr<RingWriter> successor(new RingWriter(std::move(mapping), next_sequence_));
    const uint64_t capacity = successor->mapping_->capacity();
    uint64_t from = tail_;
    EventFrame frame;
    while (published_ - from > capacity) {
        const uint64_t left = std::min(published_ - from, mapping_->capacity());
        const bool sound = readEventFrame({mapping_->at(from), left}, frame);
        from = sound ? from + frame.event_bytes : published_;
    }
    // A suffix may hold one event larger than half of the smaller ring, or a damaged one that still
    // says where it ends; readers refuse such an event and give up what they find behind it, so the
    // copy starts behind the last of them.
    uint64_t last_sequence = 0;
    for (uint64_t at = from; at < published_; at += frame.event_bytes) {
        if (!readEventFrame({mapping_->at(at), published_ - at}, frame)) {
            from = published_;
            break;
        }
        if (frame.event_bytes > eventBytesMaxOf(capacity) || frame.cpu != mapping_->cpu() ||
            frame.sequence <= last_sequence) {
            from = at + frame.event_bytes;
        }
        last_sequence = std::max(last_sequence, frame.sequence);
    }
    const uint64_t bytes = published_ - from;
    std::memcpy(successor->mapping_->writableAt(0), mapping_->at(from), bytes);
    successor->published_ = bytes;
    successor->frontier_ = bytes;
    successor->writePage(mapping_->generation() + 1);
    return successor;
}

void RingWriter::retire() {
    retired_ = true;
    storeRelease(page_.generation, mapping_->generation() + 1);
    wakeConsumers();
}

bool RingWriter::fits(const EmitEntry& entry) const {
    return eventBytesOf(entry) <= eventBytesMaxOf(mapping_->capacity());
}

Result<void> RingWriter::append(const EventStamp& stamp, std::span<const EmitEntry> entries) {
    EVD_CHECK(!retired_, "a retired ring takes no events");
    EVD_CHECK(entries.size() <= kEmitBatchEntriesMax, "a batch must be cut to the batch limit");
    for (const EmitEntry& entry : entries) {
        if (entry.type.size() > kEventTypeBytesMax || !fits(entry)) {
            return fail(ErrorKind::Invalid,
                        cat("an event of ", eventBytesOf(entry), " bytes with a type of ",
                            entry.type.size(), " bytes does not fit the ring"));
        }
    }
    uint64_t sequence = nextSequence();
    for (const EmitEntry& entry : entries) {
        const uint64_t event_bytes = eventBytesOf(entry);
        if (frontier_ + event_bytes - published_ > mapping_->capacity()) {
            publish(sequence);
        }
        makeRoom(event_bytes);
        writeEvent(stamp, entry, sequence);
        frontier_ += event_bytes;
        ++sequence;
    }
    publish(sequence);
    wakeConsumers();
    return {};
}

void RingWriter::dropEvent() {
    EVD_CHECK(!retired_, "a retired ring counts no events");
    next_sequence_.store(nextSequence() + 1, std::memory_order_relaxed);
}

void RingWriter::writePage(uint64_t generation) {
    page_.version = kRingVersion;
    page_.cpu_id = mapping_->cpu();
    page_.capacity = mapping_->capacity();
    page_.data_offset = kRingDataOffset;
    page_.tail_pos = tail_;
    page_.write_pos = published_;
    page_.generation = generation;
    // Last, so that a page with its magic is a whole page even if we died in the middle.
    std::atomic_thread_fence(std::memory_order_release);
    page_.magic = kRingMagic;
}

// Walks over events that are in order. Returns where the walk ended: at `end`, or at the first
// thing that is no event of this ring.
uint64_t RingWriter::walkToTrustedEnd(uint64_t from, uint64_t end, uint64_t& last_sequence) const {
    uint64_t at = from;
    EventFrame frame;
    while (at != end && readEventFrame({mapping_->at(at), end - at}, frame) &&
           frame.cpu == mapping_->cpu() && frame.sequence > last_sequence) {
        last_sequence = frame.sequence;
        at += frame.event_bytes;
    }
    return at;
}

// Spec §5.1 write step 6. Only ever called with room inside the published bytes (see append).
void RingWriter::makeRoom(uint64_t event_bytes) {
    const uint64_t capacity = mapping_->capacity();
    const uint64_t old_tail = tail_;
    while (frontier_ + event_bytes - tail_ > capacity) {
        EventFrame frame;
        const uint64_t left = published_ - tail_;
        if (left == 0 || !readEventFrame({mapping_->at(tail_), left}, frame)) {
            tail_ = published_;
            break;
        }
        tail_ += frame.event_bytes;
    }
    if (tail_ != old_tail) {
        storeRelease(page_.tail_pos, tail_);
        // The tail must be seen before the bytes that follow; a release store alone does not hold
        // back later stores.
        std::atomic_thread_fence(std::memory_order_release);
    }
}

void RingWriter::writeEvent(const EventStamp& stamp, const EmitEntry& entry, uint64_t sequence) {
    EventHeader header;
    header.event_bytes = static_cast<uint32_t>(eventBytesOf(entry));
    header.header_bytes = static_cast<uint32_t>(kEventHeaderBytes + entry.type.size());
    header.timestamp_ns = stamp.timestamp_ns;
    header.sequence = sequence;
    header.cpu = mapping_->cpu();
    header.origin_class = stamp.origin_class;
    header.effective_token = stamp.effective_token;
    header.true_token = stamp.true_token;
    header.process = stamp.process;
    header.type_bytes = static_cast<uint16_t>(entry.type.size());
    uint8_t* out = mapping_->writableAt(frontier_);
    encodeEventHeader(header, std::span<uint8_t, kEventHeaderBytes>(out, kEventHeaderBytes));
    std::copy(entry.type.begin(), entry.type.end(), out + kEventHeaderBytes);
    std::copy(entry.payload.begin(), entry.payload.end(), out + header.header_bytes);
}

void RingWriter::publish(uint64_t next_sequence) {
    if (frontier_ == published_) {
        return;
    }
    published_ = frontier_;
    storeRelease(page_.write_pos, published_);
    next_sequence_.store(next_sequence, std::memory_order_release);
}

void RingWriter::wakeConsumers() {
    // Ruling K2: without the full fence the flag could be read before write_pos is seen (D-4).
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (mapping_->needWake()) {
        __atomic_fetch_add(&page_.futex_counter, 1, __ATOMIC_RELEASE);
        wakeFutex(&page_.futex_counter);
    }
}

}  // namespace evd::kmes
