#include "tests/support/kernel_style_writer.h"

#include "common/base/check.h"
#include "common/kmes/event_header.h"
#include "common/kmes/futex.h"
#include "tests/support/test_ring.h"

#include <algorithm>
#include <numeric>

namespace evd::test {

namespace {

void writeEvent(uint8_t* out, uint16_t cpu, uint64_t sequence, size_t event_bytes) {
    kmes::EventHeader header;
    header.header_bytes = static_cast<uint32_t>(kmes::kEventHeaderBytes + kTestEventType.size());
    header.event_bytes = static_cast<uint32_t>(event_bytes);
    header.timestamp_ns = sequence * 1000;
    header.sequence = sequence;
    header.cpu = cpu;
    header.type_bytes = static_cast<uint16_t>(kTestEventType.size());
    kmes::encodeEventHeader(
        header, std::span<uint8_t, kmes::kEventHeaderBytes>(out, kmes::kEventHeaderBytes));
    std::copy(kTestEventType.begin(), kTestEventType.end(), out + kmes::kEventHeaderBytes);
    const auto payload = checkedPayload(sequence, event_bytes - header.header_bytes);
    std::copy(payload.begin(), payload.end(), out + header.header_bytes);
}

}  // namespace

KernelStyleWriter::KernelStyleWriter(std::unique_ptr<kmes::RingMapping> mapping,
                                     uint64_t next_sequence)
    : mapping_(std::move(mapping)), next_sequence_(next_sequence) {}

void KernelStyleWriter::emitBatch(const std::vector<size_t>& event_bytes) {
    auto& page = mapping_->writableProducer();
    const size_t total = std::accumulate(event_bytes.begin(), event_bytes.end(), size_t{0});
    EVD_CHECK(total <= mapping_->capacity(), "this writer does not lap itself");
    uint64_t tail = page.tail_pos;
    uint64_t at = page.write_pos;
    while (at + total - tail > mapping_->capacity()) {
        kmes::EventFrame frame;
        EVD_CHECK(kmes::readEventFrame({mapping_->at(tail), at - tail}, frame), "a sound ring");
        tail += frame.event_bytes;
    }
    for (const size_t bytes : event_bytes) {
        writeEvent(mapping_->writableAt(at), mapping_->cpu(), next_sequence_, bytes);
        at += bytes;
        ++next_sequence_;
    }
    __atomic_store_n(&page.tail_pos, tail, __ATOMIC_RELEASE);
    __atomic_store_n(&page.write_pos, at, __ATOMIC_RELEASE);
    if (mapping_->needWake()) {
        __atomic_fetch_add(&page.futex_counter, 1, __ATOMIC_RELEASE);
        kmes::wakeFutex(&page.futex_counter);
    }
}

}  // namespace evd::test
