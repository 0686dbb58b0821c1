#pragma once

#include "common/access/access_check.h"
#include "queryd/evctl/what_if/what_if_question.h"

#include <functional>
#include <string>

namespace evd::evctl {

// What a check says of a question.
struct WhatIfAnswer {
    std::string refusal;  // the name of an errno; then nothing else holds
    uint32_t granted = 0;
    bool allowed = false;
    std::vector<access::NodeVerdict> nodes;  // in the order of the tree; empty without one
};

// Who is asked: the reference check, or a kernel (kernel_judge.h).
using WhatIfJudge = std::function<WhatIfAnswer(const WhatIfQuestion& question)>;

// The reference AccessCheck, which answers as a kernel would (Ruling A8). Pure.
WhatIfAnswer askReference(const WhatIfQuestion& question);

}  // namespace evd::evctl
