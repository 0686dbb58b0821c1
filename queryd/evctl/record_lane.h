#pragma once

#include "queryd/evctl/door_watch.h"
#include "queryd/evctl/record_outbox.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace evd::evctl {

// So much may be on its way to the store unseen: a quarter of what eventd-ingest has room for.
inline constexpr uint64_t kLaneWindowBytes = uint64_t{12} << 20;
// Where nobody says how far it is.
inline constexpr uint64_t kBlindBytesPerSecond = uint64_t{4} << 20;
// How long without any progress before it is given up.
inline constexpr int kLanePatienceMs = 30'000;
inline constexpr int kLaneLastPatienceMs = 5'000;

// What became of the records of a lane.
struct LaneOutcome {
    uint64_t sent = 0;
    uint64_t too_large = 0;  // for a datagram
    uint64_t missing = 0;    // of those sent; eventd has refused them or had no room
    // Likewise, but others have sent meanwhile, and these may be theirs.
    uint64_t perhaps_missing = 0;
    bool has_others = false;   // the door's figures count more than was sent
    bool is_confirmed = true;  // false: eventd's figures were not to be had
};

// Many records on their way through one of the doors, without flooding it.
//
// The kernel holds a sender up only until eventd-ingest has read its datagrams; what that cannot
// pass on in time it drops, because no service may wait for eventd. A file can wait: after each
// window this waits until the figures say that what was sent has been read and that little of it is
// waiting for the store, and in the end until none is. The figures are those of all senders: beside
// others they tell less, which the outcome says. Without figures it sends slowly. Fails with Busy
// when nothing moves for kLanePatienceMs. One thread; the context outlives it.
class RecordLane {
  public:
    RecordLane(const SessionContext& context, const std::string& socket, const char* door,
               const char* kind);

    // NotFound when nobody receives.
    base::Result<void> open();

    // `bytes`: at least what it takes in a datagram.
    template <typename Record>
    base::Result<void> send(const Record& record, size_t bytes) {
        if (outbox_.waitingBytes() + bytes > wire::kRecordDatagramBytesMax) {
            EVD_TRY(flush());
        }
        outbox_.add(record);
        since_look_bytes_ += bytes;
        return since_look_bytes_ < kLaneWindowBytes ? base::Result<void>() : waitForRoom();
    }

    base::Result<LaneOutcome> finish();

  private:
    base::Result<void> flush();
    base::Result<void> waitForRoom();
    void waitBlindly();

    // `still_ms`: for how long the figures have not moved.
    using Judge = std::function<bool(const DoorProgress& seen, int64_t still_ms)>;
    // What was seen last; nothing when eventd does not show its figures.
    std::optional<DoorProgress> watchUntil(const Judge& is_enough);

    const SessionContext& context_;
    std::string socket_;
    RecordOutbox outbox_;
    DoorWatch watch_;
    uint64_t since_look_bytes_ = 0;
};

}  // namespace evd::evctl
