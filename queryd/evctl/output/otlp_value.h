#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evd::evctl {

// One msgpack value as an AnyValue of OTLP/JSON: {"stringValue": "..."}, {"intValue": "17"},
// {"doubleValue": 1.5}, {"boolValue": true}, {"bytesValue": base64}, {"arrayValue": ...},
// {"kvlistValue": ...}; {} for nil. An integer above 2^63-1 is text, because an AnyValue has no
// place for it. Values nest at most wire::kJsonDepthMax deep. Pure.
void appendAnyValue(std::span<const uint8_t> value, std::string& out);

// {"key": ..., "value": ...}
void appendAttribute(std::string_view key, std::span<const uint8_t> value, std::string& out);
void appendTextAttribute(std::string_view key, std::string_view text, std::string& out);

// A number as JSON; what is not finite as text, as protobuf's JSON has it.
void appendOtlpDouble(double value, std::string& out);

std::string base64(std::string_view bytes);

}  // namespace evd::evctl
