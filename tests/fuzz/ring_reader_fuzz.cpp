// evd_fuzz_links: evd_collector_ring evd_common_kmes evd_common_base

#include "collector/ring/ring_reader.h"
#include "common/kmes/event_header.h"
#include "common/kmes/ring_mapping.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace collector = evd::collector;
namespace kmes = evd::kmes;

namespace {

constexpr uint64_t kCapacity = kmes::kRingCapacityMin;
constexpr size_t kReadsMax = 64;

// The input is a script of what a hostile producer does to the pages between two reads:
//   0 u64          write_pos becomes this
//   1 u64          tail_pos becomes this
//   2 u16 u8 ...   so many of the following bytes are put into the data at this place
//   3 u16          a sound event of about this size is put at write_pos, which moves
//   4 u8           read a run of at most so many events
//   5              the generation rises
//   6              the reader waits, for no time at all
class Script {
  public:
    Script(const uint8_t* data, size_t size) : left_(data, size) {}

    bool done() const { return left_.empty(); }
    template <typename Value>
    Value take() {
        Value value{};
        const size_t count = std::min(sizeof(value), left_.size());
        std::memcpy(&value, left_.data(), count);
        left_ = left_.subspan(count);
        return value;
    }
    std::span<const uint8_t> takeBytes(size_t count) {
        const auto bytes = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(bytes.size());
        return bytes;
    }

  private:
    std::span<const uint8_t> left_;
};

struct Ring {
    Ring() : memories(std::move(kmes::makeRingMemories(kCapacity)).value()) {
        producer = map(kmes::RingAccess::Producer);
    }

    // As a producer leaves a ring that has never been written.
    void reset() {
        auto& page = producer->writableProducer();
        page = {};
        std::memset(producer->writableAt(0), 0, kCapacity);
        page.magic = kmes::kRingMagic;
        page.version = kmes::kRingVersion;
        page.capacity = kCapacity;
        page.data_offset = kmes::kRingDataOffset;
        page.generation = 1;
    }

    std::unique_ptr<kmes::RingMapping> map(kmes::RingAccess access) const {
        return std::move(kmes::RingMapping::mapMemories(memories.producer.get(),
                                                        memories.consumer.get(), 0, kCapacity,
                                                        access))
            .value();
    }

    kmes::RingMemories memories;
    std::unique_ptr<kmes::RingMapping> producer;
};

void appendSound(Ring& ring, uint16_t size, uint64_t sequence) {
    auto& page = ring.producer->writableProducer();
    kmes::EventHeader header;
    header.header_bytes = kmes::kEventHeaderBytes;
    header.event_bytes = static_cast<uint32_t>(
        std::max<size_t>(kmes::kEventHeaderBytes, size % (kCapacity / 2 + 1)));
    header.sequence = sequence;
    kmes::encodeEventHeader(
        header, std::span<uint8_t, kmes::kEventHeaderBytes>(
                    ring.producer->writableAt(page.write_pos), kmes::kEventHeaderBytes));
    page.write_pos += header.event_bytes;
}

// What a reader hands out is what it promises, whatever the pages held.
void checkRun(const collector::RingReader& reader, const collector::EventBuffer& buffer,
              size_t events_max, uint64_t& last_sequence) {
    auto rest = buffer.bytes();
    size_t count = 0;
    while (!rest.empty()) {
        kmes::EventFrame frame;
        if (!kmes::readEventFrame(rest, frame) || frame.sequence <= last_sequence ||
            frame.event_bytes > kCapacity / 2 || frame.cpu != 0) {
            std::abort();
        }
        last_sequence = frame.sequence;
        rest = rest.subspan(frame.event_bytes);
        ++count;
    }
    if (count != reader.frames().size() || count > events_max || count == 0) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Ring ring;  // made once: the memories cost more than everything else
    ring.reset();
    const evd::base::SystemClock clock;
    collector::RingReader reader(ring.map(kmes::RingAccess::Consumer), 1, 0);
    Script script(data, size);
    auto& page = ring.producer->writableProducer();
    uint64_t last_sequence = 0;
    uint64_t sound_sequence = 0;
    for (size_t reads = 0; !script.done() && reads < kReadsMax;) {
        switch (script.take<uint8_t>() % 7) {
            case 0:
                page.write_pos = script.take<uint64_t>();
                break;
            case 1:
                page.tail_pos = script.take<uint64_t>();
                break;
            case 2: {
                const auto at = script.take<uint16_t>();
                const auto bytes = script.takeBytes(script.take<uint8_t>());
                std::memcpy(ring.producer->writableAt(at), bytes.data(), bytes.size());
                break;
            }
            case 3:
                appendSound(ring, script.take<uint16_t>(), ++sound_sequence);
                break;
            case 4: {
                ++reads;
                const size_t events_max = 1 + script.take<uint8_t>() % 32;
                collector::EventBuffer buffer;
                if (reader.readRun(buffer, events_max, 20'000) == collector::ReadOutcome::Events) {
                    checkRun(reader, buffer, events_max, last_sequence);
                }
                (void)reader.unreadBytes();
                break;
            }
            case 6:
                (void)reader.waitForEvents(clock, 0, 0);
                break;
            default:
                ++page.generation;
                if (reader.generationChanged()) {
                    reader.skipToEnd();
                }
                break;
        }
    }
    return 0;
}
