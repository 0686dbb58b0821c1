#pragma once

#include "collector/kmesd/ring_name.h"
#include "collector/kmesd/sequence_counters.h"
#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/ring_mapping.h"
#include "common/kmes/ring_writer.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace evd::collector {

// A memory and the name under which the supervisor keeps it.
struct ParkedMemory {
    std::string name;
    base::Fd fd;
};

// A ring that runs: its producer's end, and what consumers are given of it.
struct RingSlot {
    std::unique_ptr<kmes::RingWriter> writer;
    base::Fd producer_read_only;
    base::Fd consumer;
    uint64_t serial = 0;
};

// Blank memory for the successor of each ring, in the order of the cpus.
struct PreparedResize {
    struct Ring {
        uint64_t serial = 0;
        kmes::RingMemories memories;
    };
    uint64_t capacity = 0;
    std::vector<Ring> rings;
};

struct RingFigures {
    uint64_t capacity = 0;
    uint64_t used_bytes = 0;
    uint64_t events = 0;  // appended since this process started
    uint64_t next_sequence = 0;
    uint64_t generation = 0;
};

// All rings of the machine, one per cpu, of one capacity: kmesd's stand-in for what the kernel
// keeps.
//
// Made by RingRecovery, then appended to and attached from on the server's thread only. Resizing is
// done in two steps so that nothing is ever written to a memory that would die with us: the event
// loop prepares blank memories and parks them, then the server's thread swaps all rings without a
// pause in between (Spec PSD-003 §5.1, buffer swap). A crash before the first swap leaves blank
// memories, one after it is completed by RingRecovery. figures() and prepareResize() may be called
// on the event loop meanwhile. At most kRingsMax rings.
class RingSet {
  public:
    // Descriptors stay the set's; for one reply.
    struct Attachment {
        uint64_t capacity = 0;
        int producer_fd = -1;  // read-only
        int consumer_fd = -1;
    };

    // proc_fd is a descriptor of /proc that outlives the set; it makes read-only descriptors.
    RingSet(std::unique_ptr<SequenceCounters> counters, std::vector<RingSlot> slots, int proc_fd);
    RingSet(const RingSet&) = delete;
    RingSet& operator=(const RingSet&) = delete;

    uint16_t count() const { return static_cast<uint16_t>(slots_.size()); }
    // The smallest capacity of all rings; they differ only after a damaged one was replaced. For
    // the server's thread.
    uint64_t capacity() const { return capacity_; }

    // Errors are RingWriter's. The entries are in the ring when it returns.
    base::Result<void> append(uint16_t cpu, const kmes::EventStamp& stamp,
                              std::span<const kmes::EmitEntry> entries);
    Attachment attachment(uint16_t cpu) const;

    base::Result<PreparedResize> prepareResize(uint64_t capacity) const;
    // Swaps every ring, or none when it fails. Answers the prefixes of the memories that are no
    // longer needed. The prepared memories must be parked.
    base::Result<std::vector<std::string>> commitResize(PreparedResize prepared);

    std::vector<RingFigures> figures() const;

  private:
    std::unique_ptr<SequenceCounters> counters_;  // outlives the writers
    mutable std::mutex mutex_;  // the event loop looks while the server's thread works
    std::vector<RingSlot> slots_;
    std::vector<uint64_t> events_;
    uint64_t capacity_;
    int proc_fd_;
};

// The same memory again, for reading only: a consumer can then never map it for writing.
base::Result<base::Fd> reopenReadOnly(int proc_fd, int memory_fd);

// Makes `next` the successor of `current` and sends its consumers there. Cannot fail and is never
// undone: from here on the new memory is the ring.
RingSlot swapRing(RingSlot current, std::unique_ptr<kmes::RingMapping> next, base::Fd read_only,
                  base::Fd consumer, uint64_t serial);

// What the supervisor is to keep of these memories, as descriptors of their own.
base::Result<void> addParked(std::vector<ParkedMemory>& out, uint16_t cpu, uint64_t serial,
                             const kmes::RingMemories& memories);
base::Result<std::vector<ParkedMemory>> parkedOf(const PreparedResize& prepared);
std::vector<std::string> prefixesOf(const PreparedResize& prepared);

}  // namespace evd::collector
