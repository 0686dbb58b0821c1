#pragma once

#include "common/wire/record_datagram.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace evd::bench {

// The records that the doors for logs and metrics are measured with, made by number, without
// chance.

inline constexpr int kLineOrigins = 20;
inline constexpr size_t kLineBytes = 100;
inline constexpr uint64_t kSeries = 5'000;

// Lines of kLineBytes, of kLineOrigins origins by turns.
class Lines {
  public:
    Lines();
    // Adds the line of that number to the datagram, which has room for it.
    void add(wire::RecordDatagram& datagram, uint64_t number) const;

  private:
    const std::string line_ = std::string(kLineBytes, 'x');
    std::vector<std::string> origins_;
};

// Samples of so many series by turns, of 50 names.
class Samples {
  public:
    explicit Samples(uint64_t series = kSeries);
    // timestamp_ns 0: that of its receipt.
    void add(wire::RecordDatagram& datagram, uint64_t number, int64_t timestamp_ns = 0) const;

  private:
    std::vector<std::string> names_;
    std::vector<std::string> values_;
};

}  // namespace evd::bench
