#pragma once

#include "collector/kmesd/ring_name.h"
#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/ring_writer.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace evd::collector {

// The next sequence number of every cpu, in memory that survives kmesd (Ruling K6).
//
//      +---------------+---------------+-- ... --+------------------+
//      | next of cpu 0 | next of cpu 1 |         | next of cpu 1023 |   u64 each, native order
//      +---------------+---------------+-- ... --+------------------+
//
// Ring writers keep references to cells, so the object outlives every writer; cells are atomic and
// may be read on any thread. 0 means that the cpu never had a ring.
class SequenceCounters {
  public:
    using Cell = kmes::RingWriter::SequenceCell;

    static base::Result<base::Fd> makeMemory();
    // Corrupt when the memory is too short; the descriptor may be closed afterwards.
    static base::Result<std::unique_ptr<SequenceCounters>> map(int fd);
    ~SequenceCounters();
    SequenceCounters(const SequenceCounters&) = delete;
    SequenceCounters& operator=(const SequenceCounters&) = delete;

    Cell& cell(uint16_t cpu);
    // Makes sure that no number up to and including `used` is given out (again).
    void raiseAbove(uint16_t cpu, uint64_t used);

  private:
    explicit SequenceCounters(Cell* cells) : cells_(cells) {}
    Cell* cells_;
};

inline constexpr size_t kCountersBytes = kRingsMax * sizeof(uint64_t);

}  // namespace evd::collector
