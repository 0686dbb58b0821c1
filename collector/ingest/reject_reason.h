#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace evd::collector {

// Why something that a stranger sent was not taken in.
enum class Reject : uint8_t {
    TooLong,        // a datagram above kDatagramBytesMax
    Malformed,      // not msgpack, too deep, or no line of its kind
    TrailingBytes,  // behind the value (Ruling L1)
    NotRecord,      // neither a map nor, at the top, an array
    TooManyFields,
    DuplicateKey,
    MissingField,
    WrongType,
    BadText,  // not UTF-8, or empty or too long where that is not allowed
    BadValue,
    BadLabels,
    BadHistogram,
    NoRoom,        // a new series when the door keeps as many as it may
    NotPermitted,  // the sender may not use this origin or name (Security\Publish)
};

inline constexpr size_t kRejectReasons = 14;

// As the report of SIGQUIT names it.
const char* rejectName(Reject reason);

// How often each reason was met, at one door.
//
// Nobody is told of a rejected record but by the report of SIGQUIT: neither senders nor queries nor
// the log (Spec §4.2, Ruling L3), so counting is all that a parser does about it. A value; belongs
// to one thread.
class RejectCounts {
  public:
    void add(Reject reason) { ++counts_[static_cast<size_t>(reason)]; }
    void add(const RejectCounts& more) {
        for (size_t i = 0; i < counts_.size(); ++i) {
            counts_[i] += more.counts_[i];
        }
    }
    uint64_t of(Reject reason) const { return counts_[static_cast<size_t>(reason)]; }
    uint64_t total() const;
    bool operator==(const RejectCounts&) const = default;

  private:
    std::array<uint64_t, kRejectReasons> counts_{};
};

}  // namespace evd::collector
