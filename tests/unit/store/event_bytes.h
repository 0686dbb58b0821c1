#pragma once

#include "common/kmes/event_header.h"
#include "store/event_run.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::test {

struct EventSketch {
    uint16_t cpu = 0;
    uint64_t sequence = 1;
    std::string_view type = "test.event";
    std::vector<uint8_t> payload = {0x80};  // an empty msgpack map
    uint64_t timestamp_ns = 1'767'225'600'000'000'000;
};

// Appends one event as a ring would hold it.
inline void appendEvent(std::vector<uint8_t>& bytes, const EventSketch& sketch) {
    kmes::EventHeader header;
    header.header_bytes = static_cast<uint32_t>(kmes::kEventHeaderBytes + sketch.type.size());
    header.event_bytes = static_cast<uint32_t>(header.header_bytes + sketch.payload.size());
    header.timestamp_ns = sketch.timestamp_ns + sketch.sequence;
    header.sequence = sketch.sequence;
    header.cpu = sketch.cpu;
    header.effective_token.bytes.fill(1);
    header.true_token.bytes.fill(2);
    header.process.bytes.fill(3);
    header.type_bytes = static_cast<uint16_t>(sketch.type.size());
    std::array<uint8_t, kmes::kEventHeaderBytes> packed{};
    kmes::encodeEventHeader(header, packed);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
    bytes.insert(bytes.end(), sketch.type.begin(), sketch.type.end());
    bytes.insert(bytes.end(), sketch.payload.begin(), sketch.payload.end());
}

// A run with its own bytes: the events first..last without those that the gaps cover.
class RunSketch {
  public:
    RunSketch(uint16_t cpu, uint64_t first, uint64_t last, std::vector<wire::Gap> gaps = {},
              std::string_view type = "test.event", size_t payload_bytes = 1) {
        run_.cpu = cpu;
        run_.first_sequence = first;
        run_.last_sequence = last;
        run_.gaps = std::move(gaps);
        for (uint64_t sequence = first; sequence <= last; ++sequence) {
            if (!isMissing(sequence)) {
                appendEvent(bytes_,
                            {cpu, sequence, type, std::vector<uint8_t>(payload_bytes, 0xc0)});
                ++run_.event_count;
            }
        }
    }

    store::EventRun run() const {
        store::EventRun run = run_;
        run.events = bytes_;
        return run;
    }
    std::vector<uint8_t>& bytes() { return bytes_; }

  private:
    bool isMissing(uint64_t sequence) const {
        for (const wire::Gap& gap : run_.gaps) {
            if (gap.first_missing <= sequence && sequence <= gap.last_missing) {
                return true;
            }
        }
        return false;
    }

    store::EventRun run_;
    std::vector<uint8_t> bytes_;
};

}  // namespace evd::test
