// Random events and log lines and random questions about them, answered by the engine and by an
// evaluator that is as simple and slow as can be: every record in memory, conditions over a tree of
// its own, sort, cut. Shares no judgement with the engine: its own comparisons (through long double
// and integers), its own folding, its own flattening. Random rules say who may see what
// (random_world.h).
//
// Prints its seed; `differential ROUNDS SEED` repeats a run. tests/fuzz/query_differential_fuzz.cpp
// does the same with choices that follow what they reach.

#include "tests/query/differential_run.h"
#include "tests/query/random_world.h"

#include <cstdio>

namespace {

namespace test = evd::test;

constexpr uint32_t kQuestionsPerWorld = 100;

test::Outcome runWorld(test::Random& random) {
    auto world = random() % 3 == 0   ? test::makeCrossWorld(random)
                 : random() % 3 == 0 ? test::makeLogWorld(random)
                                     : test::makeEventWorld(random);
    return world->ask(random, kQuestionsPerWorld);
}

}  // namespace

int main(int count, char** arguments) {
    const auto run = test::differentialRun(count, arguments, 3000);
    test::Random random(run.seed);
    test::Outcome outcome;
    for (uint64_t done = 0;
         done < run.questions && outcome.differences < test::kDifferencesShownMax;
         done += kQuestionsPerWorld) {
        outcome.add(runWorld(random));
    }
    std::printf("%llu questions, %d refused, %d differences\n",
                static_cast<unsigned long long>(run.questions), outcome.refused,
                outcome.differences);
    return outcome.differences == 0 ? 0 : 1;
}
