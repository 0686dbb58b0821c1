#pragma once

#include "common/base/result.h"
#include "queryd/exec/record_stream.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace evd::queryd {

// The records of several sorted streams in one order (Spec §8.6, cross-shard fan-out).
//
// Streams are in NewestFirst or OldestFirst order; ties go by id descending, then by the order of
// the streams. Holds no record: the head stays in its stream until pop(). Used on the question's
// thread; the streams outlive it.
class RecordMerge {
  public:
    RecordMerge(std::span<const std::unique_ptr<RecordStream>> streams, ScanOrder order)
        : streams_(streams), order_(order) {}

    // Waits for the head of every stream. Called once, before the rest.
    base::Result<void> begin();
    bool hasHead() const { return !heap_.empty(); }
    std::span<const uint8_t> headBytes() const { return streams_[heap_.front()]->headBytes(); }
    base::Result<void> pop();

  private:
    bool comesLater(size_t left, size_t right) const;
    base::Result<void> push(size_t stream);

    std::span<const std::unique_ptr<RecordStream>> streams_;
    ScanOrder order_;
    std::vector<size_t> heap_;  // streams that have a head, the next one in front
};

}  // namespace evd::queryd
