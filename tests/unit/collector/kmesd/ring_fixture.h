#pragma once

#include "collector/kmesd/ring_recovery.h"
#include "common/base/text.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

namespace evd::collector {

// Plays the supervisor that keeps kmesd's memories, so that a test can let kmesd die at any moment:
// whatever is not in here is gone, and what was written to a kept memory stays.
class MemoryKeeper {
  public:
    void park(std::vector<ParkedMemory> memories) {
        for (ParkedMemory& memory : memories) {
            kept_.insert_or_assign(memory.name, std::move(memory.fd));
        }
    }
    void unpark(const std::vector<std::string>& prefixes) {
        for (const std::string& prefix : prefixes) {
            std::erase_if(kept_,
                          [&](const auto& entry) { return entry.first.starts_with(prefix); });
        }
    }
    void handTo(RingRecovery& recovery) const {
        for (const auto& [name, fd] : kept_) {
            CHECK(recovery.adopt(name, fd.duplicate().value()));
        }
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : kept_) {
            all.push_back(entry.first);
        }
        return all;
    }
    base::Fd& at(const std::string& name) { return kept_.at(name); }
    void drop(const std::string& name) { kept_.erase(name); }

  private:
    std::map<std::string, base::Fd> kept_;
};

// A machine with kmesd's rings, and a way to start kmesd anew.
struct RingMachine {
    base::Fd proc{::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    MemoryKeeper keeper;
    uint16_t ring_count = 2;
    uint64_t capacity = kmes::kRingCapacityMin;
    std::vector<wire::ResumePoint> resume;
    size_t resumed = 0;

    std::unique_ptr<RingSet> startKmesd() {
        RingRecovery recovery({ring_count, capacity, resume, proc.get()});
        keeper.handTo(recovery);
        auto to_park = recovery.prepare();
        REQUIRE(to_park.ok());
        keeper.park(std::move(to_park).value());
        auto rings = recovery.finish();
        REQUIRE(rings.ok());
        keeper.unpark(recovery.unneeded());
        resumed = recovery.resumedCount();
        return std::move(rings).value();
    }

    // What a consumer maps after attaching.
    static std::unique_ptr<kmes::RingMapping> attach(const RingSet& rings, uint16_t cpu) {
        const auto attachment = rings.attachment(cpu);
        auto mapping =
            kmes::RingMapping::mapMemories(attachment.producer_fd, attachment.consumer_fd, cpu,
                                           attachment.capacity, kmes::RingAccess::Consumer);
        REQUIRE(mapping.ok());
        return std::move(mapping).value();
    }

    static ino_t inodeOf(const RingSet& rings, uint16_t cpu) {
        struct stat found {};
        REQUIRE(::fstat(rings.attachment(cpu).producer_fd, &found) == 0);
        return found.st_ino;
    }
};

inline void emitNumbered(RingSet& rings, uint16_t cpu, int count) {
    static const std::vector<uint8_t> payload = {0x81, 0xA1, 'n', 0x01};
    for (int i = 0; i < count; ++i) {
        const kmes::EmitEntry entry{"test.event", payload};
        REQUIRE(rings.append(cpu, kmes::EventStamp{}, {&entry, 1}).ok());
    }
}

// The sequence numbers that survive in a ring, in order.
inline std::vector<uint64_t> sequencesOf(const kmes::RingMapping& ring) {
    std::vector<uint64_t> sequences;
    uint64_t at = ring.tailPosition();
    while (at < ring.writePosition()) {
        kmes::EventFrame frame;
        REQUIRE(kmes::readEventFrame({ring.at(at), ring.writePosition() - at}, frame));
        sequences.push_back(frame.sequence);
        at += frame.event_bytes;
    }
    return sequences;
}

inline std::vector<uint64_t> upTo(uint64_t first, uint64_t last) {
    std::vector<uint64_t> numbers;
    for (uint64_t number = first; number <= last; ++number) {
        numbers.push_back(number);
    }
    return numbers;
}

}  // namespace evd::collector
