#include "queryd/plan/event_fields.h"

#include "common/base/text.h"

#include <array>

namespace evd::queryd {

namespace {

constexpr std::array<EventColumnSpec, kEventFieldCount> kColumns = {{
    {EventColumn::Timestamp, "timestamp", EventColumnKind::Integer},
    {EventColumn::CpuId, "cpu_id", EventColumnKind::Integer},
    {EventColumn::Sequence, "sequence", EventColumnKind::Integer},
    {EventColumn::OriginClass, "origin_class", EventColumnKind::Integer},
    {EventColumn::EventType, "event_type", EventColumnKind::Text},
    {EventColumn::EffectiveTokenGuid, "effective_token_guid", EventColumnKind::Guid},
    {EventColumn::TrueTokenGuid, "true_token_guid", EventColumnKind::Guid},
    {EventColumn::ProcessGuid, "process_guid", EventColumnKind::Guid},
    {EventColumn::BootId, "boot_id", EventColumnKind::Guid},
}};

// The index is the value.
constexpr std::array<std::string_view, 4> kOriginClasses = {"userspace", "kmes", "kacs", "lcs"};

}  // namespace

std::span<const EventColumnSpec, kEventFieldCount> eventColumns() {
    return kColumns;
}

const EventColumnSpec& eventColumnSpec(EventColumn column) {
    return kColumns[static_cast<size_t>(column)];
}

std::optional<EventColumn> findEventColumn(std::string_view name) {
    for (const EventColumnSpec& spec : kColumns) {
        if (spec.name == name) {
            return spec.column;
        }
    }
    return std::nullopt;
}

std::optional<int64_t> originClassOf(std::string_view alias) {
    for (size_t i = 0; i < kOriginClasses.size(); ++i) {
        if (base::equalsFolded(kOriginClasses[i], alias)) {
            return static_cast<int64_t>(i);
        }
    }
    return std::nullopt;
}

std::span<const std::string_view> originClassAliases() {
    return kOriginClasses;
}

}  // namespace evd::queryd
