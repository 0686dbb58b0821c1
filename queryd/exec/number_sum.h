#pragma once

#include "queryd/exec/value_order.h"

#include <cstdint>

namespace evd::queryd {

// The sum and the mean of the numbers of a group (Ruling Q8).
//
// Integers are added exactly, floats as binary64 beside them; the two meet only when the result is
// asked for, so that the order of rows and shards does not matter to integers. Values that are no
// numbers are passed over. Pure value, mergeable.
class NumberSum {
  public:
    void add(const Value& value);
    void merge(const NumberSum& other);

    // An integer where it is exact in i64 or u64, else binary64; Null when nothing was added. May
    // be infinite or NaN, which the caller refuses.
    Value sum() const;
    Value mean() const;

  private:
    double total() const;

    __int128 integers_ = 0;
    double floats_ = 0;
    bool has_floats_ = false;
    uint64_t count_ = 0;
};

}  // namespace evd::queryd
