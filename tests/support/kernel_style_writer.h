#pragma once

#include "common/kmes/ring_mapping.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace evd::test {

// Writes to a ring the way the kernel does for events from userspace (peios-abi §1.11, D-5): the
// bytes first, tail and write_pos together afterwards. The harder of the two orders for a reader.
//
// Goes on where the ring stands. Events carry checkedPayload of their number. One thread.
class KernelStyleWriter {
  public:
    KernelStyleWriter(std::unique_ptr<kmes::RingMapping> mapping, uint64_t next_sequence);

    // All of a batch, published once. Together at most the capacity.
    void emitBatch(const std::vector<size_t>& event_bytes);
    uint64_t nextSequence() const { return next_sequence_; }

  private:
    std::unique_ptr<kmes::RingMapping> mapping_;
    uint64_t next_sequence_;
};

}  // namespace evd::test
