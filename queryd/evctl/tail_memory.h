#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>

namespace evd::evctl {

inline constexpr int64_t kTailOverlapNs = int64_t{10} * 1'000'000'000;
inline constexpr size_t kTailMemoryRecordsMax = 65'536;

// What a tail has shown last, so that it can go on after its connection broke: from when to ask
// again, and which records of that answer have been shown already.
//
// A first answer is held back until it is whole (answer_output.h): what was given between
// beginAgain() and settle() counts as shown only when that has been called.
//
// Records may come a little out of the order of their times, so the second question overlaps the
// first by kTailOverlapNs, and what is in the overlap is recognised by a hash of its bytes. Equal
// records count: two equal lines were two lines. Above kTailMemoryRecordsMax the overlap is shorter
// instead. A record without a time of its own has that of its arrival. Times are what senders say:
// one of the future does not put off from when on is asked, and is remembered until it has come.
// One thread.
class TailMemory {
  public:
    void shown(std::span<const uint8_t> record, int64_t now_ns);
    // From when on records are wanted; nothing while none has been shown.
    std::optional<int64_t> resumeNs() const;
    // An answer begins: to be called before it is asked for. What the one before did not settle is
    // forgotten.
    void beginAgain();
    // What has been given since then is on the screen, and so is at once what comes from here on;
    // that is new, even if it looks like something that was shown.
    void settle() {
        settled_.reset();
        unmatched_.clear();
    }
    // True when this record is one that was shown before the break; each counts once.
    bool takeKnown(std::span<const uint8_t> record);

  private:
    using Counts = std::unordered_map<uint64_t, uint32_t>;  // by hash

    struct State {
        std::multimap<int64_t, uint64_t> recent;  // hashes by time
        Counts counts;
        std::optional<int64_t> newest_ns;  // never of the future
        int64_t forgotten_ns = INT64_MIN;  // at and before this time records are no longer known
    };

    void forgetOldest();

    State state_;
    std::optional<State> settled_;  // as it was before the answer that is not settled
    Counts unmatched_;
};

}  // namespace evd::evctl
