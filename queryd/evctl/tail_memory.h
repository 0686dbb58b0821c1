#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>

namespace evd::evctl {

inline constexpr int64_t kTailOverlapNs = int64_t{10} * 1'000'000'000;
inline constexpr size_t kTailMemoryRecordsMax = 65'536;

// What a tail has shown last, so that it can go on after its connection broke: from when to ask
// again, and which records of that answer have been shown already.
//
// Records may come a little out of the order of their times, so the second question overlaps the
// first by kTailOverlapNs, and what is in the overlap is recognised by a hash of its bytes. Equal
// records count: two equal lines were two lines. Above kTailMemoryRecordsMax the overlap is shorter
// instead. A record without a time of its own has that of its arrival. One thread.
class TailMemory {
  public:
    void shown(std::span<const uint8_t> record, int64_t now_ns);
    // From when on records are wanted; nothing while none has been shown.
    std::optional<int64_t> resumeNs() const;
    // To be called before the records of the next answer are asked about.
    void beginAgain() { unmatched_ = counts_; }
    // True when this record is one that was shown before the break; each counts once.
    bool takeKnown(std::span<const uint8_t> record);

  private:
    struct Shown {
        int64_t time_ns;
        uint64_t hash;
    };

    void forgetOldest();

    std::deque<Shown> recent_;
    std::unordered_map<uint64_t, uint32_t> counts_;
    std::unordered_map<uint64_t, uint32_t> unmatched_;
    std::optional<int64_t> newest_ns_;
    int64_t forgotten_ns_ = INT64_MIN;  // at and before this time records are no longer known
};

}  // namespace evd::evctl
