#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace evd::queryd {

// The header fields of an event, in the order in which a record shows them (Spec §8.1). Every other
// name is a payload field.
enum class EventColumn : uint8_t {
    Timestamp,
    CpuId,
    Sequence,
    OriginClass,
    EventType,
    EffectiveTokenGuid,
    TrueTokenGuid,
    ProcessGuid,
    BootId,
};

enum class EventColumnKind { Integer, Text, Guid };

inline constexpr size_t kEventFieldCount = 9;

struct EventColumnSpec {
    EventColumn column;
    std::string_view name;  // the same in the language, in the record and in the database
    EventColumnKind kind;
};

std::span<const EventColumnSpec, kEventFieldCount> eventColumns();
const EventColumnSpec& eventColumnSpec(EventColumn column);
std::optional<EventColumn> findEventColumn(std::string_view name);

// userspace, kmes, kacs, lcs (Spec §8.2), any case; nothing for another word.
std::optional<int64_t> originClassOf(std::string_view alias);
std::span<const std::string_view> originClassAliases();

}  // namespace evd::queryd
