#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace evd::ipc {

// What one end of a Cap'n Proto connection takes from the other, and what it says itself.
//
// Every connection of the group is made with one of the sets below, and nothing else of ours sets
// an option of Cap'n Proto. There are three answers to too much. A message that is too long, that
// brings too many capabilities, or a call while too many are held ends the connection, with a line
// in the log. Reading a message beyond its nesting, or the same bytes of it again and again, fails
// the call that reads it. And with too much of the peer's work unanswered, or of our answers
// unread by it, its socket is not read until there is less.
struct DoorLimits {
    std::string_view name;  // whose messages these are, for the log

    // Of one message: before memory is taken for it, and at most so many are read of it, however
    // often its pointers point to the same ones.
    uint64_t received_bytes_max = 0;
    uint64_t sent_bytes_max = 0;
    int nesting_max = 0;
    uint32_t capabilities_max = 8;  // that one message brings; our schemas have calls with one
    uint32_t descriptors_max = 0;

    // Capabilities that the peer will name later. Only from who serves: a stranger's promises,
    // never kept, cost us memory for good.
    bool takes_promises = false;

    // Calls whose answer the peer has not given back ("finish"); each costs us a place.
    uint32_t held_calls_max = 0;

    // Above these the socket is not read. Only the end that serves has them: if both ends waited
    // for the other to read, both would wait for ever.
    uint64_t unanswered_bytes_max = std::numeric_limits<uint64_t>::max();  // of calls
    uint32_t unanswered_calls_max = std::numeric_limits<uint32_t>::max();
    uint64_t unsent_bytes_max = std::numeric_limits<uint64_t>::max();
};

inline constexpr uint64_t kKiB = 1024;
inline constexpr uint64_t kMiB = 1024 * kKiB;

// What answers without a list in them may take, and the sentence of an exception.
inline constexpr uint64_t kShortAnswerBytesMax = 64 * kKiB;
// What two processes of the group say to each other nests a few levels.
inline constexpr int kInnerNestingMax = 16;

// capnp/ingest.capnp, EventIngest. One call must be able to carry the largest legal event, of
// 128 MiB, with its frame. An answer to hello holds every interval of numbers the store has.
inline constexpr uint64_t kEventBatchBytesMax = 130 * kMiB;
inline constexpr uint64_t kHoldingsBytesMax = 64 * kMiB;
inline constexpr DoorLimits kEventIngestDoor = {
    .name = "the collector",
    .received_bytes_max = kEventBatchBytesMax,
    .sent_bytes_max = kHoldingsBytesMax,
    .nesting_max = kInnerNestingMax,
    .held_calls_max = 65'536,  // twice the batches of all windows of as many cpus as there may be
    // Above it the collector's window stays full and the ring absorbs (architecture, "The life of
    // an event").
    .unanswered_bytes_max = 32 * kMiB,
    .unanswered_calls_max = 4'096,
    .unsent_bytes_max = kMiB,
};
inline constexpr DoorLimits kEventIngestCaller = {
    .name = "the store",
    .received_bytes_max = kHoldingsBytesMax,
    .sent_bytes_max = kEventBatchBytesMax,
    .nesting_max = kInnerNestingMax,
    .takes_promises = true,
    .held_calls_max = 16,  // the store asks nothing
};

// capnp/ingest.capnp, RecordIngest. Above the unanswered bytes eventd-ingest's window stays full
// and what comes in behind it is dropped there and counted.
inline constexpr uint64_t kRecordBatchBytesMax = 64 * kMiB;
inline constexpr DoorLimits kRecordIngestDoor = {
    .name = "eventd-ingest",
    .received_bytes_max = kRecordBatchBytesMax,
    .sent_bytes_max = kShortAnswerBytesMax,
    .nesting_max = kInnerNestingMax,
    .held_calls_max = 16'384,
    .unanswered_bytes_max = 32 * kMiB,
    .unanswered_calls_max = 2'048,
    .unsent_bytes_max = kMiB,
};
inline constexpr DoorLimits kRecordIngestCaller = {
    .name = "the store",
    .received_bytes_max = kShortAnswerBytesMax,
    .sent_bytes_max = kRecordBatchBytesMax,
    .nesting_max = kInnerNestingMax,
    .takes_promises = true,
    .held_calls_max = 16,
};

// capnp/store_control.capnp.
inline constexpr uint64_t kControlBytesMax = 256 * kKiB;
inline constexpr DoorLimits kStoreControlDoor = {
    .name = "queryd",
    .received_bytes_max = kControlBytesMax,
    .sent_bytes_max = kShortAnswerBytesMax,
    .nesting_max = kInnerNestingMax,
    .held_calls_max = 16'384,  // questions that read by the global sequence ask one each
    .unanswered_bytes_max = kControlBytesMax,
    .unanswered_calls_max = 1'024,
    .unsent_bytes_max = kMiB,
};
inline constexpr DoorLimits kStoreControlCaller = {
    .name = "the store",
    .received_bytes_max = kShortAnswerBytesMax,
    .sent_bytes_max = kControlBytesMax,
    .nesting_max = kInnerNestingMax,
    .takes_promises = true,
    .held_calls_max = 16,
};

// capnp/supervise.capnp. Settings and descriptors go down (at most
// access::SecurityPolicy::kBytesMax of these), figures and resume points come up. The supervisor
// serves here, though it also asks.
inline constexpr uint64_t kOrdersBytesMax = 16 * kMiB;
inline constexpr uint64_t kChildReportBytesMax = 4 * kMiB;
inline constexpr DoorLimits kChildDoor = {
    .name = "a child",
    .received_bytes_max = kChildReportBytesMax,
    .sent_bytes_max = kOrdersBytesMax,
    .nesting_max = kInnerNestingMax,
    .descriptors_max = 4,  // for those who may park; each FdCarrier carries one
    .held_calls_max = 4'096,
    .unanswered_bytes_max = 2 * kChildReportBytesMax,
    .unanswered_calls_max = 64,
    .unsent_bytes_max = 4 * kOrdersBytesMax,
};
inline constexpr DoorLimits kSupervisorCaller = {
    .name = "the supervisor",
    .received_bytes_max = kOrdersBytesMax,
    .sent_bytes_max = kChildReportBytesMax,
    .nesting_max = kInnerNestingMax,
    .descriptors_max = 4,
    .takes_promises = true,
    .held_calls_max = 4'096,
};

// capnp/query.capnp, for anybody. What of a call is not its text: structure, options, the sink.
inline constexpr uint64_t kQueryOverheadBytes = 4 * kKiB;
inline constexpr uint64_t kQueryTextBytesMax = 64 * kKiB;  // MaxQueryMessageBytes until it is known
// The largest message to a client; the default of every Cap'n Proto client takes as much. A record
// that does not fit ends its question.
inline constexpr uint64_t kAnswerBytesMax = 64 * kMiB;
inline constexpr DoorLimits kQueryDoor = {
    .name = "an rpc client",
    .received_bytes_max = kQueryTextBytesMax + kQueryOverheadBytes,
    .sent_bytes_max = kAnswerBytesMax,
    .nesting_max = 16,  // nothing that a client sends to us nests
    .held_calls_max = 1'024,
    .unanswered_bytes_max = 16 * (kQueryTextBytesMax + kQueryOverheadBytes),  // both by setting
    // More than can wait there: the service refuses what is too much, so that it always reads on
    // and a client can take any call back.
    .unanswered_calls_max = 256,
    .unsent_bytes_max = 4 * kMiB,
};
inline constexpr DoorLimits kQueryCaller = {
    .name = "the server",
    .received_bytes_max = kAnswerBytesMax,
    .sent_bytes_max = kAnswerBytesMax,
    .nesting_max = 256,  // a Value may nest, each map costs two levels
    .takes_promises = true,
    .held_calls_max = 65'536,
};

}  // namespace evd::ipc
