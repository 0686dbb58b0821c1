#pragma once

#include "tests/query/random.h"
#include "tests/query/simple_evaluator.h"

#include <vector>

namespace evd::test {

// Up to a few hundred log lines of few origins, moments and texts, with scattered ids.
std::vector<TestLog> randomLogs(Random& random);

// A question over such lines: its text, and the same as the simple evaluator reads it.
SimpleQuestion randomLogQuestion(Random& random, bool may_have_context);

}  // namespace evd::test
