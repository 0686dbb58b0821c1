// evd_fuzz_links: evd_collector_ring evd_common_kmes evd_common_base evd_test_support
//
// A ring with an honest writer, against a model: a list of what was written and where. Whatever
// order of writes, laps, reads, waits and deaths of the writer the input says, the reader gives
// every event that was not overwritten, once, in order and byte for byte, and passes over none that
// was still there. (What a hostile writer does to it is for ring_reader_fuzz.cpp.)

#include "collector/ring/ring_reader.h"
#include "common/base/check.h"
#include "tests/support/test_ring.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace {

namespace collector = evd::collector;
namespace kmes = evd::kmes;
namespace test = evd::test;

constexpr uint64_t kCapacity = kmes::kRingCapacityMin;
constexpr size_t kEventBytesMin = kmes::kEventHeaderBytes + test::kTestEventType.size();
constexpr uint64_t kWrittenBytesMax = 16 * kCapacity;  // of one input
constexpr size_t kRunBytesMax = 20'000;

// What the input says, step by step; where it ends, there are zeros.
class Script {
  public:
    explicit Script(std::span<const uint8_t> bytes) : left_(bytes) {}

    bool isOver() const { return left_.empty(); }
    template <typename Number>
    Number take() {
        Number number{};
        const size_t count = std::min(sizeof(number), left_.size());
        if (count > 0) {
            std::memcpy(&number, left_.data(), count);
        }
        left_ = left_.subspan(count);
        return number;
    }

  private:
    std::span<const uint8_t> left_;
};

class Model {
  public:
    void write(size_t wanted_bytes, size_t count) {
        const size_t bytes = std::clamp(wanted_bytes, kEventBytesMin, size_t{kCapacity / 2});
        for (size_t i = 0; i < count && written_bytes_ < kWrittenBytesMax; ++i) {
            const auto& mapping = ring_.writer().mapping();
            const uint64_t begin = mapping.writePosition();
            ring_.append(bytes);
            written_bytes_ += bytes;
            events_.push_back({begin, mapping.writePosition() - begin});
        }
    }

    void die() { ring_.crashAndResume(); }

    void wait() { (void)reader_.waitForEvents(clock_, 0, 0); }

    collector::ReadOutcome read(size_t events_max) {
        collector::EventBuffer buffer;
        const auto outcome = reader_.readRun(buffer, events_max, kRunBytesMax);
        const uint64_t tail = ring_.writer().mapping().tailPosition();
        if (outcome == collector::ReadOutcome::Events) {
            check(buffer.bytes(), events_max, tail);
        } else if (outcome == collector::ReadOutcome::Nothing) {
            passOver(events_.size() + 1, tail);
        }
        return outcome;
    }

    // A writer that is at rest hides nothing for long.
    void drain() {
        constexpr int kIdleMax = 8;
        for (int idle = 0; idle < kIdleMax;) {
            const auto outcome = read(1000);
            if (outcome == collector::ReadOutcome::Nothing) {
                return;
            }
            idle = outcome == collector::ReadOutcome::Events ? 0 : idle + 1;
            wait();
        }
        EVD_CHECK(false, "the reader never comes to the end of a ring at rest");
    }

  private:
    struct Written {
        uint64_t begin = 0;
        uint64_t bytes = 0;
    };

    // The numbers between the last one that was read and this one may be missing only when they
    // are overwritten.
    void passOver(uint64_t sequence, uint64_t tail) {
        EVD_CHECK(sequence > last_sequence_, "numbers grow");
        for (uint64_t missing = last_sequence_ + 1; missing < sequence; ++missing) {
            EVD_CHECK(events_[missing - 1].begin < tail, "an event that is there is read");
        }
        last_sequence_ = sequence - 1;
    }

    void check(std::span<const uint8_t> bytes, size_t events_max, uint64_t tail) {
        size_t count = 0;
        for (; !bytes.empty(); ++count) {
            const auto header = kmes::decodeEventHeader(bytes);
            EVD_CHECK(header.ok(), "a run consists of events");
            const uint64_t sequence = header.value().sequence;
            EVD_CHECK(sequence >= 1 && sequence <= events_.size(), "what is read was written");
            EVD_CHECK(header.value().event_bytes == events_[sequence - 1].bytes, "and is as long");
            EVD_CHECK(
                test::checkedPayloadIsWhole(sequence, kmes::eventPayload(header.value(), bytes)),
                "and is whole");
            passOver(sequence, tail);
            last_sequence_ = sequence;
            bytes = bytes.subspan(header.value().event_bytes);
        }
        EVD_CHECK(count > 0 && count <= events_max && count == reader_.frames().size(),
                  "a run is as many events as it says");
    }

    evd::base::SystemClock clock_;
    test::TestRing ring_{kCapacity};
    collector::RingReader reader_{ring_.mapConsumer(), ring_.writer().mapping().generation(), 0};
    std::vector<Written> events_;  // that of number 1 first
    uint64_t written_bytes_ = 0;
    uint64_t last_sequence_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Model model;
    for (Script script({data, size}); !script.isOver();) {
        switch (script.take<uint8_t>() % 6) {
            case 0:
                model.write(script.take<uint8_t>() * 4U, 1);
                break;
            case 1: {
                const size_t bytes = script.take<uint8_t>() * 4U;
                model.write(bytes, script.take<uint8_t>());
                break;
            }
            case 2:
                model.write(script.take<uint16_t>(), 1);
                break;
            case 3:
                model.read(1 + script.take<uint8_t>());
                break;
            case 4:
                model.wait();
                break;
            default:
                model.die();
                break;
        }
    }
    model.drain();
    return 0;
}
