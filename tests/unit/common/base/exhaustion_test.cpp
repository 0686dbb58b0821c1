#include "common/base/exhaustion.h"

#include "common/base/log.h"
#include "common/base/thread.h"
#include "tests/support/forked_end.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A sanitizer has an allocator and an address space of its own.

namespace {

constexpr size_t kRoomBytes = 64 << 20;

// What becomes of a process that does this in little memory.
evd::test::ForkedEnd endOf(const std::function<void()>& work) {
    return evd::test::endOfFork([&] {
        evd::test::limitAddresses(kRoomBytes);
        evd::base::setLogName("eventd-test");
        evd::base::endWhenOutOfMemory();
        work();
    });
}

}  // namespace

TEST_CASE("exhaustion: a process that finds no memory says so in one line and ends with 1") {
    const auto end = endOf([] {
        std::vector<std::string> hoard;
        while (true) {
            hoard.emplace_back(4096, 'x');
        }
    });
    CHECK(end.exitedWith(1));
    CHECK(end.writes ==
          std::vector<std::string>{"eventd-test: error: no memory is left, ending\n"});
}

TEST_CASE("exhaustion: as long as there is memory nothing ends") {
    const auto end = endOf([] { const std::string kept(1 << 20, 'x'); });
    CHECK(end.exitedWith(evd::test::kGoneOn));
    CHECK(end.writes.empty());
}

TEST_CASE("exhaustion: a thread that cannot be made ends the process and is named") {
    const auto end = endOf([] {
        const evd::base::Thread thread(
            "worker", [] {}, 2 * kRoomBytes);
    });
    CHECK(end.exitedWith(1));
    CHECK(end.writes ==
          std::vector<std::string>{"eventd-test: error: cannot make the thread worker: Resource "
                                   "temporarily unavailable, ending\n"});
}

#endif
