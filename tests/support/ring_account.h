#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace evd::test {

// How long a reader that is there may take to get to what is in its ring. It is woken at once and
// sleeps for 100 ms at most; the rest is for a machine that has other things to do.
inline constexpr int64_t kReadWithinMs = 2000;
// The same for one that has just come, and first learns from the store how far it was.
inline constexpr int64_t kComesWithinMs = 2 * kReadWithinMs;

// What befell the numbers of one ring, as whoever writes it knows: by that it can be told which of
// them a reader may have lost, and which it owes.
//
// A number may be lost when nothing was written under it; when it was damaged; when it was gone
// from the ring, by laps, resizes or a writer that found its ring damaged, sooner than a reader
// must have come by; when no reader was there, or one that died with it in hand; and when it was
// written soon after a damaged header that the same gap begins with or comes by: there a reader
// gives up all there is by then (Ruling K1). Every other number is owed, around a resize too.
// The times are any steady milliseconds. readerLeft() and readerCame() may be called by any thread,
// all else by one.
class RingAccount {
  public:
    RingAccount() = default;

    // These numbers can be read from now on.
    void wrote(uint64_t first, uint64_t last, int64_t at_ms);
    // That number and all below it cannot be read any more.
    void gone(uint64_t through, int64_t at_ms);
    void damagedContent(uint64_t sequence) { contents_.insert(sequence); }
    void damagedHeader(uint64_t sequence) { headers_.insert(sequence); }
    bool wasDamaged(uint64_t sequence) const {
        return contents_.contains(sequence) || headers_.contains(sequence);
    }

    // Something else happened to the ring; for told() alone.
    void happened(const char* what, int64_t at_ms) { happenings_.emplace_back(at_ms, what); }

    // Until the first one came there was none.
    void readerLeft(int64_t at_ms);
    void readerCame(int64_t at_ms);

    struct Owed {
        uint64_t count = 0;
        uint64_t first = 0;  // the least of them
    };
    // The numbers of a gap that were owed.
    Owed owedIn(uint64_t first, uint64_t last) const;
    // What happened around it, for whoever is to find out why it was lost all the same.
    std::string told(uint64_t number) const;
    // Of all numbers, how many could not have been lost by whatever gap.
    uint64_t countOwed() const;

  private:
    static constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 2;
    struct Written {
        uint64_t first;
        uint64_t last;
        int64_t at_ms;
    };
    struct Gone {
        uint64_t through;
        int64_t at_ms;
    };
    struct Absence {
        int64_t left_ms;
        int64_t came_ms;
    };

    bool wasUnattended(int64_t at_ms) const;

    std::vector<Written> written_;  // ascending
    std::vector<Gone> gone_;        // ascending in both
    std::unordered_set<uint64_t> contents_;
    std::unordered_set<uint64_t> headers_;
    std::vector<std::pair<int64_t, const char*>> happenings_;
    mutable std::mutex mutex_;
    std::vector<Absence> absences_ = {{0, kNever}};
};

}  // namespace evd::test
