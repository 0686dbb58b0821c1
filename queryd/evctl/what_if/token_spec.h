#pragma once

#include "queryd/evctl/what_if/what_if_question.h"

#include <cstdint>
#include <vector>

namespace evd::evctl {

// The bytes from which a Peios kernel makes the token of a question (kacs_create_token; PSD-004
// §13.7, part 5): an impersonation token of the logon session 0, which every machine has, whose
// privileges are all enabled. What is not in a question is zero. Pure.
std::vector<uint8_t> tokenSpecOf(const WhatIfQuestion& question);

}  // namespace evd::evctl
