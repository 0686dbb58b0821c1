#pragma once

#include <sys/types.h>
#include <array>
#include <cstddef>
#include <cstdint>

namespace evd::collector {

// Users that are counted one by one; what further users send is added up.
inline constexpr size_t kSendersMax = 32;

// How many records each user has sent to one door, in the order in which they came first.
//
// A value with a fixed size, so that nobody can make it grow; belongs to one thread.
class SenderCounts {
  public:
    struct Entry {
        uid_t uid = 0;
        uint64_t records = 0;
    };

    void add(uid_t uid, uint64_t records) {
        for (size_t i = 0; i < count_; ++i) {
            if (entries_[i].uid == uid) {
                entries_[i].records += records;
                return;
            }
        }
        if (count_ == kSendersMax) {
            others_ += records;
            return;
        }
        entries_[count_++] = {uid, records};
    }

    size_t count() const { return count_; }
    const Entry& entry(size_t index) const { return entries_[index]; }
    uint64_t others() const { return others_; }

  private:
    std::array<Entry, kSendersMax> entries_{};
    size_t count_ = 0;
    uint64_t others_ = 0;
};

}  // namespace evd::collector
