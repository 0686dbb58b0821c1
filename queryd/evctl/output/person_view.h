#pragma once

#include "common/base/clock.h"
#include "queryd/evctl/output/record_fields.h"
#include "queryd/evctl/output/record_printer.h"

#include <span>
#include <string>
#include <string_view>

namespace evd::evctl {

// What is said of a record that looks as if eventd had made it (Ruling S5).
inline constexpr std::string_view kImpostorMark = "(not from eventd)";

// True for an event that has the type of a synthetic record but an origin, which these never have.
bool isImpostor(std::span<const FieldView> fields);

// A field's value for a person, times in the style asked for.
std::string personValue(const FieldView& field, TimeStyle style, const base::Clock& clock,
                        bool quoted);

}  // namespace evd::evctl
