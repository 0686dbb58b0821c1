#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>

namespace evd::test {

// Where random stores and questions get their choices from: a seed that can be printed, or the
// bytes of a fuzzer, of which each then decides one thing - mostly: a byte of 0xF8 or more is the
// beginning of a number of eight. Behind the bytes it goes on as from a seed, so that every input
// is a whole question. A UniformRandomBitGenerator.
class Random {
  public:
    using result_type = uint64_t;

    explicit Random(uint64_t seed) : behind_(seed) {}
    explicit Random(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    result_type operator()() {
        if (bytes_.empty()) {
            return behind_();
        }
        const uint8_t first = bytes_.front();
        bytes_ = bytes_.subspan(1);
        if (first < kLongFrom || bytes_.size() < sizeof(result_type)) {
            return first;
        }
        result_type number = 0;
        std::memcpy(&number, bytes_.data(), sizeof(number));
        bytes_ = bytes_.subspan(sizeof(number));
        return number;
    }

  private:
    static constexpr uint8_t kLongFrom = 0xF8;

    std::span<const uint8_t> bytes_;
    std::mt19937_64 behind_;
};

}  // namespace evd::test
