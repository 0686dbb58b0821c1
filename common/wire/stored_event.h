#pragma once

#include "common/base/guid.h"
#include "common/base/result.h"
#include "common/wire/msgpack.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::wire {

// One row of the event store as it is: what those get who follow the store by its ids. A value.
//
// Records that eventd makes itself have no sequence, and what the kernel did not stamp is nothing.
struct StoredEvent {
    int64_t id = 0;  // of the global sequence
    base::Guid boot;
    int64_t timestamp_ns = 0;
    std::optional<int64_t> cpu;
    std::optional<int64_t> sequence;
    std::optional<int64_t> origin_class;
    std::string type;
    std::optional<base::Guid> effective_token;
    std::optional<base::Guid> true_token;
    std::optional<base::Guid> process;
    std::optional<std::vector<uint8_t>> payload;  // msgpack
    bool operator==(const StoredEvent&) const = default;
};

inline constexpr uint32_t kStoredEventFields = 11;

// Inside one process an event travels from a reading thread to the loop that sends it as a msgpack
// array, in the order of the struct:
//
//   [id, boot, timestamp, cpu, sequence, origin class, type, effective token, true token, process,
//    payload]          GUIDs and payload as bytes, what is not there as nil
//
// Invalid when the bytes are anything else. Pure.
base::Result<StoredEvent> readStoredEvent(MsgpackReader& reader);

}  // namespace evd::wire
