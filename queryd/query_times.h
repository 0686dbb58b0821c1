#pragma once

#include "queryd/transport/question.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace evd::queryd {

inline constexpr size_t kSlowestMax = 5;
inline constexpr size_t kSlowTextBytesMax = 240;  // of a question's text
inline constexpr int64_t kSlowKeptNs = int64_t{600} * 1'000'000'000;

// Which questions take long: those that run now, and the slowest that have ended within
// kSlowKeptNs.
//
// Streaming questions take as long as somebody watches, and count until they stream only. Texts are
// cut, at a character; they are for administrators, who see them in the status. Any thread.
class QueryTimes {
  public:
    // The number by which the question is known from here on.
    uint64_t begin(std::string_view text, int64_t now_ns);
    // It streams now, and is no longer looked at.
    void forget(uint64_t number);
    // It has ended; nothing for one that was forgotten.
    void end(uint64_t number, int64_t now_ns);
    // At most kSlowestMax, the slowest first.
    std::vector<SlowQuestion> slowest(int64_t now_ns) const;

  private:
    struct Running {
        std::string text;
        int64_t begun_ns = 0;
    };
    struct Ended {
        std::string text;
        int64_t took_ns = 0;
        int64_t ended_ns = 0;
    };

    mutable std::mutex mutex_;
    uint64_t last_number_ = 0;
    std::map<uint64_t, Running> running_;
    std::vector<Ended> ended_;  // at most kSlowestMax
};

}  // namespace evd::queryd
