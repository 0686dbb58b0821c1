#include "tests/campaign/ring_mill.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/kmes/event_header.h"
#include "tests/support/wait_until.h"

#include <algorithm>
#include <cstring>

namespace evd::test {

namespace {

constexpr uint64_t kCapacityFirst = 256 * 1024;
constexpr int kCapacityShifts = 5;  // 64 KiB to 1 MiB
constexpr uint64_t kCapacityLargest = kmes::kRingCapacityMin << (kCapacityShifts - 1);
constexpr size_t kPayloadUsualMax = 400;
constexpr uint64_t kPauseMsMax = 20;
constexpr int kFinalEvents = 5;
constexpr int kFinalPauseMs = 150;  // longer than a reader sleeps
// When a ring is spared, in steps of some ten milliseconds: long enough that numbers in the middle
// are neither close behind damage nor close before the next lap. Each mill in its turn.
constexpr uint64_t kGentleEvery = 1600;
constexpr uint64_t kGentleSteps = 550;
constexpr uint64_t kGentleTurn = 400;
constexpr uint64_t kGentleBatchMax = 4;
constexpr size_t kOverhead = kmes::kEventHeaderBytes + kTestEventType.size();

// Offsets in the packed header (common/kmes/event_header.h).
constexpr size_t kEventBytesAt = 0;
constexpr size_t kHeaderBytesAt = 4;
constexpr size_t kSequenceAt = 16;
constexpr size_t kCpuAt = 24;
constexpr size_t kTypeBytesAt = 75;
constexpr uint8_t kNoUtf8 = 0xff;

template <typename Number>
void put(uint8_t* header, size_t at, Number number) {
    std::memcpy(header + at, &number, sizeof(number));
}

}  // namespace

RingMill::RingMill(uint16_t cpu, uint64_t seed, Findings& findings)
    : cpu_(cpu),
      findings_(findings),
      random_(seed),
      ring_(kCapacityFirst, cpu),
      thread_("mill", [this] { run(); }) {}

void RingMill::stop() {
    stopping_ = true;
    thread_.join();
}

TestRing::Attached RingMill::attach() {
    auto attached = ring_.attach();
    account_.readerCame(nowMs());
    return attached;
}

bool RingMill::wasWritten(uint64_t sequence) const {
    return sequence >= 1 && sequence <= written_.size() && written_[sequence - 1] != kNotWritten;
}

void RingMill::run() {
    while (!stopping_) {
        step();
        pauseMs(static_cast<int>(1 + below(kPauseMsMax)));
    }
    // What is damaged is passed over only when something comes behind it.
    for (int i = 0; i < kFinalEvents; ++i) {
        pauseMs(kFinalPauseMs);
        append({kPayloadUsualMax});
    }
    noteUnwritten();
}

void RingMill::step() {
    const uint64_t turn = (steps_++ + kGentleEvery - 100 - cpu_ * kGentleTurn) % kGentleEvery;
    if (turn < kGentleSteps) {
        if (turn == 0) {
            resizeTo(kCapacityLargest);
        }
        appendBatch(1 + below(kGentleBatchMax), kPayloadUsualMax);
        return;
    }
    const uint64_t choice = below(1000);
    if (choice < 5) {
        lap();
    } else if (choice < 10) {
        appendLargest();
    } else if (choice < 20) {
        resizeOnce();
    } else if (choice < 22) {
        for (uint64_t i = 0; i < 10; ++i) {  // a storm
            resizeOnce();
            appendBatch(1 + below(20), kPayloadUsualMax);
        }
    } else if (choice < 50) {
        dropSome();
    } else if (choice < 60) {
        crash();
    } else {
        appendBatch(1 + below(20), kPayloadUsualMax);
        if (choice < 130) {
            damage();
        }
    }
}

void RingMill::appendBatch(size_t count, size_t payload_bytes_max) {
    std::vector<size_t> payloads(count);
    for (size_t& bytes : payloads) {
        bytes = below(payload_bytes_max + 1);
    }
    append(payloads);
}

void RingMill::append(const std::vector<size_t>& payload_bytes) {
    noteUnwritten();
    newest_.clear();
    uint64_t position = ring_.writer().mapping().writePosition();
    std::vector<std::vector<uint8_t>> payloads;
    std::vector<kmes::EmitEntry> entries;
    for (const size_t bytes : payload_bytes) {
        const uint64_t sequence = written_.size() + 1;
        payloads.push_back(checkedPayload(sequence, bytes));
        written_.push_back(static_cast<uint32_t>(bytes));
        newest_.push_back({position, sequence, kOverhead + bytes});
        position += kOverhead + bytes;
    }
    for (const auto& payload : payloads) {
        entries.push_back({kTestEventType, payload});
    }
    kmes::EventStamp stamp;
    stamp.timestamp_ns = static_cast<uint64_t>(clock_.wallNs());
    const auto appended = ring_.writer().append(stamp, entries);
    EVD_CHECK(appended.ok(), "an event of the mill must fit its ring");
    EVD_CHECK(ring_.nextSequence() == written_.size() + 1, "the mill counts as its ring does");
    account_.wrote(newest_.front().sequence, newest_.back().sequence, nowMs());
    kept_.insert(kept_.end(), newest_.begin(), newest_.end());
    noteGone(ring_.writer().mapping().tailPosition());
}

// More in one go than the ring holds.
void RingMill::lap() {
    const uint64_t wanted = ring_.capacity() / 2 + below(2 * ring_.capacity());
    for (uint64_t bytes = 0; bytes < wanted;) {
        appendBatch(kmes::kEmitBatchEntriesMax, kPayloadUsualMax);
        for (const Placed& placed : newest_) {
            bytes += placed.bytes;
        }
    }
    account_.happened("lap", nowMs());
    findings_.injected("lap");
}

void RingMill::appendLargest() {
    append({kmes::eventBytesMaxOf(ring_.capacity()) - kOverhead - below(64)});
    findings_.injected("largest event");
}

void RingMill::resizeOnce() {
    resizeTo(kmes::kRingCapacityMin << below(kCapacityShifts));
    findings_.injected("resize");
}

void RingMill::resizeTo(uint64_t capacity) {
    const uint64_t before = ring_.writer().mapping().writePosition();
    ring_.resize(capacity);
    account_.happened("resize", nowMs());
    newest_.clear();
    // The new ring begins with the newest of the old one, from position 0 on. Its reader may have
    // been too late for the old one.
    const uint64_t moved = before - ring_.writer().mapping().writePosition();
    noteGone(moved);
    for (Placed& placed : kept_) {
        placed.position -= moved;
    }
}

void RingMill::dropSome() {
    for (uint64_t i = 1 + below(5); i > 0; --i) {
        ring_.writer().dropEvent();
    }
    account_.happened("dropped numbers", nowMs());
    findings_.injected("dropped numbers");
}

// A writer that finds its ring damaged leaves numbers out, to be sure that none is given twice.
void RingMill::crash() {
    ring_.crashAndResume();
    account_.happened("death of the writer", nowMs());
    newest_.clear();
    noteGone(ring_.writer().mapping().tailPosition());
    findings_.injected("death of the writer");
}

// Numbers that the ring has passed over.
void RingMill::noteUnwritten() {
    written_.resize(ring_.nextSequence() - 1, kNotWritten);
}

// What lies before the tail is in the ring no more.
void RingMill::noteGone(uint64_t tail) {
    uint64_t through = 0;
    while (!kept_.empty() && kept_.front().position < tail) {
        through = kept_.front().sequence;
        kept_.pop_front();
    }
    if (through > 0) {
        account_.gone(through, nowMs());
    }
}

void RingMill::damage() {
    const auto mapping = ring_.mapProducer();
    const Placed& placed = newest_[below(newest_.size())];
    if (placed.position < mapping->tailPosition()) {
        return;
    }
    uint8_t* event = mapping->writableAt(placed.position);
    if (below(4) == 0) {
        account_.damagedContent(placed.sequence);
        if (below(2) == 0) {
            event[kmes::kEventHeaderBytes] = kNoUtf8;
            findings_.injected("damaged type");
            return;
        }
        // Behind the header: its type or its payload.
        const size_t at = kmes::kEventHeaderBytes + below(placed.bytes - kmes::kEventHeaderBytes);
        event[at] = static_cast<uint8_t>(event[at] ^ (1 + below(255)));
        findings_.injected("damaged content");
        return;
    }
    damageHeader(event);
    account_.damagedHeader(placed.sequence);
    findings_.injected("damaged header");
}

void RingMill::damageHeader(uint8_t* header) {
    switch (below(8)) {
        case 0:
            std::fill_n(header, kmes::kEventHeaderBytes, uint8_t{0});
            break;
        case 1:
            std::fill_n(header, kmes::kEventHeaderBytes, uint8_t{0xff});
            break;
        case 2:
            put(header, kEventBytesAt, static_cast<uint32_t>(below(kmes::kEventHeaderBytes)));
            break;
        case 3:
            put(header, kEventBytesAt, static_cast<uint32_t>(ring_.capacity() + below(1 << 30)));
            break;
        case 4:
            put(header, kHeaderBytesAt, static_cast<uint32_t>(below(kmes::kEventHeaderBytes)));
            break;
        case 5:
            put(header, kCpuAt, static_cast<uint16_t>(cpu_ + 1 + below(1000)));
            break;
        case 6:
            put(header, kSequenceAt, uint64_t{0});
            break;
        default:
            put(header, kTypeBytesAt, uint16_t{0xffff});
            break;
    }
}

}  // namespace evd::test
