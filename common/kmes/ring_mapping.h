#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/ring_layout.h"

#include <cstdint>
#include <memory>

namespace evd::kmes {

enum class RingAccess {
    Consumer,  // producer page and data read-only, consumer page read-write
    Producer,  // everything read-write
};

// One ring in our address space: producer page, consumer page, data, data again, as one range.
//
// Takes away the difference between a kernel ring (one descriptor, one mmap) and the two memories
// of contracts §4, so that readers and writers know one shape. Does not keep the descriptors: the
// pages stay as long as the mapping, even when the producer dies. Owned by one reader or writer and
// used on its thread; the accessors are plain loads and stores with the order that Spec §5.1 asks
// for. The sizes of memories are checked before they are mapped (a short one would be SIGBUS at the
// first touch); of a kernel ring the kernel vouches for it. A mismatch is Corrupt, a failing mmap
// is Io.
class RingMapping {
  public:
    // A descriptor of kmes_attach, with the capacity it reported. Verified.
    static base::Result<std::unique_ptr<RingMapping>> mapKernelRing(int fd, uint16_t cpu,
                                                                    uint64_t capacity);

    // The two memories of contracts §4. A consumer's mapping is verified; a producer's is not,
    // because it may be about to be initialised.
    static base::Result<std::unique_ptr<RingMapping>> mapMemories(int producer_fd, int consumer_fd,
                                                                  uint16_t cpu, uint64_t capacity,
                                                                  RingAccess access);
    ~RingMapping();
    RingMapping(const RingMapping&) = delete;
    RingMapping& operator=(const RingMapping&) = delete;

    // Magic, version, cpu, capacity and data offset of the producer page (peios-abi §1.7 step 3).
    base::Result<void> verify() const;

    uint16_t cpu() const { return cpu_; }
    uint64_t capacity() const { return capacity_; }

    uint64_t writePosition() const { return load(producer()->write_pos); }
    uint64_t tailPosition() const { return load(producer()->tail_pos); }
    uint64_t generation() const { return load(producer()->generation); }
    const uint32_t* futexWord() const { return &producer()->futex_counter; }
    uint32_t futexCounter() const {
        return __atomic_load_n(&producer()->futex_counter, __ATOMIC_ACQUIRE);
    }

    // The bytes from this position on; at least `capacity` of them are contiguous.
    const uint8_t* at(uint64_t position) const {
        return base_ + kRingDataOffset + (position & (capacity_ - 1));
    }

    bool needWake() const { return __atomic_load_n(&consumer()->need_wake, __ATOMIC_RELAXED) != 0; }
    void setNeedWake(bool wanted) {
        __atomic_store_n(&consumer()->need_wake, static_cast<uint8_t>(wanted ? 1 : 0),
                         __ATOMIC_RELEASE);
    }

    // Only for RingAccess::Producer.
    ProducerPage& writableProducer();
    uint8_t* writableAt(uint64_t position);

  private:
    RingMapping(uint8_t* base, uint16_t cpu, uint64_t capacity, RingAccess access)
        : base_(base), cpu_(cpu), capacity_(capacity), access_(access) {}

    static uint64_t load(const uint64_t& field) {
        return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
    }
    const ProducerPage* producer() const { return reinterpret_cast<const ProducerPage*>(base_); }
    ConsumerPage* consumer() const {
        return reinterpret_cast<ConsumerPage*>(base_ + kRingPageBytes);
    }

    uint8_t* base_;
    uint16_t cpu_;
    uint64_t capacity_;
    RingAccess access_;
};

// The memories behind one ring, as contracts §4 hands them out.
struct RingMemories {
    base::Fd producer;  // kRingPageBytes + capacity bytes
    base::Fd consumer;  // kRingPageBytes bytes
};

// Fresh, zeroed memories that can be neither shrunk, nor grown, nor sealed further. For kmesd and
// for tests. The producer descriptor is writable: what consumers are given must be opened again
// read-only.
base::Result<RingMemories> makeRingMemories(uint64_t capacity);

}  // namespace evd::kmes
