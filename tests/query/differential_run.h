#pragma once

#include "common/base/text.h"

#include <cstdint>
#include <cstdio>
#include <random>

namespace evd::test {

// How a differential program was called: `PROGRAM [QUESTIONS [SEED]]`.
struct DifferentialRun {
    uint64_t questions = 0;
    uint64_t seed = 0;
};

inline constexpr int kDifferencesShownMax = 5;  // then it is no use going on

// Prints the seed at once, so that a run that dies can be repeated.
inline DifferentialRun differentialRun(int count, char** arguments, uint64_t questions_default) {
    const auto numberAt = [&](int index, uint64_t otherwise) {
        const auto number = base::parseU64(index < count ? arguments[index] : "");
        return number ? number.value() : otherwise;
    };
    const DifferentialRun run{numberAt(1, questions_default), numberAt(2, std::random_device{}())};
    std::printf("seed %llu\n", static_cast<unsigned long long>(run.seed));
    std::fflush(stdout);
    return run;
}

}  // namespace evd::test
