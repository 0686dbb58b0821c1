#include "collector/kmesd/sequence_counters.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using evd::collector::SequenceCounters;

TEST_CASE("sequence counters: their memory stays as it is for whoever maps it next") {
    const auto memory = SequenceCounters::makeMemory();
    REQUIRE(memory.ok());
    CHECK(::ftruncate(memory.value().get(), 4096) == -1);
    for (const int seal : {F_SEAL_FUTURE_WRITE, F_SEAL_WRITE}) {
        CHECK(::fcntl(memory.value().get(), F_ADD_SEALS, seal) == -1);
    }
    CHECK(SequenceCounters::map(memory.value().get()).ok());
}
