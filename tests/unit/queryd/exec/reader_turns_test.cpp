// Who is next when more questions want to read than there are threads.

#include "queryd/exec/reader_turns.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace evd::queryd {
namespace {

// Jobs that write down their names.
struct Jobs {
    void push(int64_t asked_ns, const std::string& name) {
        turns.push(asked_ns, [this, name] { done.push_back(name); });
    }
    bool doNext() {
        const auto job = turns.pop();
        if (job) {
            (*job)();
        }
        return job.has_value();
    }

    ReaderTurns turns;
    std::vector<std::string> done;
};

TEST_CASE("reader turns: by turns the one that waits longest and the one asked first") {
    Jobs jobs;
    CHECK_FALSE(jobs.doNext());
    jobs.push(40, "d");
    jobs.push(30, "c");
    jobs.push(20, "b");
    jobs.push(10, "a");
    while (jobs.doNext()) {
    }
    CHECK(jobs.done == std::vector<std::string>{"d", "a", "c", "b"});
}

TEST_CASE("reader turns: the jobs of one question are done in the order in which they came") {
    Jobs jobs;
    jobs.push(10, "1");
    jobs.push(10, "2");
    jobs.push(10, "3");
    jobs.push(10, "4");
    while (jobs.doNext()) {
    }
    CHECK(jobs.done == std::vector<std::string>{"1", "2", "3", "4"});
}

TEST_CASE("reader turns: the first of a hundred long questions has half of the turns") {
    constexpr int kOthers = 99;
    constexpr int kSlices = 50;
    Jobs jobs;
    for (int other = 1; other <= kOthers; ++other) {
        jobs.push(other, "other");
    }
    jobs.push(0, "first");
    int slices = 0;
    size_t turns = 0;
    while (slices < kSlices) {
        REQUIRE(jobs.doNext());
        ++turns;
        const bool is_first = jobs.done.back() == "first";
        slices += is_first ? 1 : 0;
        jobs.push(is_first ? 0 : static_cast<int64_t>(turns), jobs.done.back());
    }
    CHECK(turns <= 2 * kSlices);
}

TEST_CASE("reader turns: a new question waits for no more than twice those before it") {
    constexpr size_t kBefore = 20;
    Jobs jobs;
    for (size_t before = 0; before < kBefore; ++before) {
        jobs.push(0, "long");
    }
    jobs.push(1, "new");
    size_t turns = 0;
    do {
        REQUIRE(jobs.doNext());
        ++turns;
        jobs.push(0, "long");
    } while (jobs.done.back() != "new");
    CHECK(turns <= 2 * (kBefore + 1));
}

}  // namespace
}  // namespace evd::queryd
