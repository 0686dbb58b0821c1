#pragma once

#include "common/base/text.h"

#include <cstdint>
#include <cstdlib>

namespace evd::test {

// How long, how often or by which seed a test goes on, when whoever runs it says so in that
// variable; what is no number counts as not said.
inline uint64_t fromEnvironment(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    const auto number = base::parseU64(text == nullptr ? "" : text);
    return number.ok() ? number.value() : otherwise;
}

}  // namespace evd::test
