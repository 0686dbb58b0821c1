#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace evd::base {

// The time of RFC 3339 as RFC 5424 and most programs write it, as wall nanoseconds:
//
//      2003-10-11T22:14:15[.003]Z     2003-08-24T05:14:15.000003-07:00
//
// Up to nine digits of a second. Nothing for what is no such time, for days that do not exist, for
// leap seconds (which the RFC forbids) and for years in which nanoseconds do not fit (before 1970,
// from 2262 on). Pure.
std::optional<int64_t> parseIsoTime(std::string_view text);

}  // namespace evd::base
