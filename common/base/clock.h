#pragma once

#include <cstdint>

namespace evd::base {

inline constexpr int64_t kNsPerUs = 1'000;
inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

// Where time comes from. The only source of wall time and of durations in the suite, handed to
// constructors so that a test can hold it still (FakeClock in tests/support). Safe on any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    // Nanoseconds since the Unix epoch; may step backwards.
    virtual int64_t wallNs() const = 0;
    // Nanoseconds since an arbitrary point; never steps backwards.
    virtual int64_t monotonicNs() const = 0;
};

class SystemClock final : public Clock {
  public:
    int64_t wallNs() const override;
    int64_t monotonicNs() const override;
};

}  // namespace evd::base
