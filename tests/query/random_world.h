#pragma once

#include "tests/query/random.h"

#include <cstdint>
#include <memory>

namespace evd::test {

// What was asked of one world.
struct Outcome {
    int differences = 0;  // printed
    int refused = 0;

    void add(const Outcome& other) {
        differences += other.differences;
        refused += other.refused;
    }
};

// Stores with random records and indexes, somebody who asks under random rules, and the real engine
// over them: whatever is asked, it must answer what the simple evaluator does.
//
// SYSTEM must get the answer about the whole store in spite of the rules, and somebody else the
// answer that a store gives from which everything hidden was removed (Spec §9.2), except where the
// question is refused because it sorts or groups by what is hidden (Ruling A4). One thread asks;
// the engine has its own.
class RandomWorld {
  public:
    virtual ~RandomWorld() = default;
    // Asks so many questions, made from these choices.
    virtual Outcome ask(Random& choices, uint32_t count) = 0;
};

// One event store in several shards, with some of the indexes that the store might have made.
std::unique_ptr<RandomWorld> makeEventWorld(Random& random);
// One log store, perhaps with a file in quarantine beside it.
std::unique_ptr<RandomWorld> makeLogWorld(Random& random);
// All three stores of one machine, and conditions from one to another (Spec §8.5).
std::unique_ptr<RandomWorld> makeCrossWorld(Random& random);

}  // namespace evd::test
