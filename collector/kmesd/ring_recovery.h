#pragma once

#include "collector/kmesd/ring_set.h"
#include "common/wire/record.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evd::collector {

struct RingSetOptions {
    uint16_t ring_count = 1;
    uint64_t capacity = kmes::kRingCapacityDefault;
    // What the stores hold of this boot; a ring that has to start afresh goes on behind it.
    std::vector<wire::ResumePoint> resume;
    int proc_fd = -1;  // outlives the set
};

// Makes the running rings out of what a predecessor left, or from nothing (Ruling K6).
//
// Used once, on the event loop, before anyone is served: adopt() each parked memory, prepare(),
// park what prepare() answers, finish(), unpark unneeded(). A memory that is damaged, half there or
// unknown is left out and its ring starts afresh, behind every number that was given out; consumers
// see a gap. Once there are rings their number stays, or grows to ring_count. Errors are those of
// making and mapping memories: without them there is nothing to serve, and a ring that cannot be
// mapped just now is there for whoever tries again.
class RingRecovery {
  public:
    explicit RingRecovery(RingSetOptions options) : options_(std::move(options)) {}

    // False when the name is none of ours; the descriptor is then closed.
    bool adopt(std::string_view name, base::Fd fd);
    // Answers the new memories, which must be parked before finish().
    base::Result<std::vector<ParkedMemory>> prepare();
    base::Result<std::unique_ptr<RingSet>> finish();
    // Prefixes of what the supervisor need not keep any longer. Complete after finish().
    const std::vector<std::string>& unneeded() const { return unneeded_; }

    // How many rings go on where the predecessor stopped. Known after prepare().
    size_t resumedCount() const;

  private:
    struct Memory {
        uint64_t serial = 0;
        kmes::RingMemories fds;
        std::unique_ptr<kmes::RingMapping> mapping;
    };
    // What there is of one cpu, sorted out.
    struct Ring {
        std::optional<Memory> live;   // the newest that holds a ring
        std::optional<Memory> older;  // its predecessor, when a resize was not cleaned up
        std::optional<Memory> blank;  // parked, but nothing was written to it yet
        uint64_t serial_max = 0;
    };

    base::Result<void> prepareCounters(std::vector<ParkedMemory>& to_park);
    base::Result<Ring> sortOut(uint16_t cpu);
    base::Result<void> sortIn(Ring& ring, uint16_t cpu, Memory memory);
    base::Result<void> makeFresh(uint16_t cpu, Ring& ring, std::vector<ParkedMemory>& to_park);
    bool resizeHadBegun() const;
    base::Result<RingSlot> startRing(uint16_t cpu, Ring& ring);
    void drop(uint16_t cpu, const Memory& memory);

    RingSetOptions options_;
    base::Fd counters_fd_;
    std::unique_ptr<SequenceCounters> counters_;
    std::map<uint16_t, std::map<uint64_t, kmes::RingMemories>> adopted_;  // by cpu and serial
    std::vector<Ring> rings_;
    std::vector<std::string> unneeded_;
};

}  // namespace evd::collector
