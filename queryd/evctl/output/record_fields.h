#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace evd::evctl {

// One field of a record; name and value point into the record's bytes.
struct FieldView {
    std::string_view name;
    std::span<const uint8_t> value;  // raw msgpack
};

// Takes a record apart, in its own order, into `fields`, whose memory is used again. Keys that are
// no text have no name and are left out. Invalid when the bytes are not one map.
base::Result<void> readFields(std::span<const uint8_t> record, std::vector<FieldView>& fields);

// The time of a record, in nanoseconds; nothing when it has or shows none. `fields` as above.
std::optional<int64_t> timeOf(std::span<const uint8_t> record, std::vector<FieldView>& fields);

// The first field of that name, or nullptr.
const FieldView* findField(std::span<const FieldView> fields, std::string_view name);

}  // namespace evd::evctl
