// evd_fuzz_links: evd_query_worlds evd_queryd_exec evd_test_support evd_common_base
//
// The query engine, with everything it pushes down into SQLite, against the simple evaluator of
// tests/query. The first byte says which of a few random worlds is asked; each further byte is one
// choice in the making of the question, so that the fuzzer follows the shapes of questions to the
// code that answers them.

#include "common/base/check.h"
#include "tests/query/random_world.h"

#include <array>
#include <cstdint>
#include <memory>

namespace {

namespace test = evd::test;

constexpr size_t kWorlds = 12;
constexpr uint32_t kQuestions = 2;

test::RandomWorld& worldOf(uint8_t number) {
    // Made when first asked; as long as the process.
    static auto& worlds =
        *std::make_unique<std::array<std::unique_ptr<test::RandomWorld>, kWorlds>>().release();
    const size_t index = number % kWorlds;
    if (worlds[index] == nullptr) {
        test::Random random(index);
        worlds[index] = index % 3 == 0   ? test::makeCrossWorld(random)
                        : index % 3 == 1 ? test::makeLogWorld(random)
                                         : test::makeEventWorld(random);
    }
    return *worlds[index];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) {
        return 0;
    }
    test::Random choices(std::span<const uint8_t>(data + 1, size - 1));
    EVD_CHECK(worldOf(data[0]).ask(choices, kQuestions).differences == 0,
              "the engine answers what the simple evaluator does");
    return 0;
}
