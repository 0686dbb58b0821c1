#pragma once

#include "tests/query/random.h"
#include "tests/query/simple_evaluator.h"

#include <vector>

namespace evd::test {

// Up to a few hundred events over few types, moments and field names, with values of every kind, so
// that questions hit and ties and mixed kinds are common.
std::vector<SimpleEvent> randomEvents(Random& random);

// A question over such events: its text, and the same as the simple evaluator reads it.
SimpleQuestion randomQuestion(Random& random);

}  // namespace evd::test
