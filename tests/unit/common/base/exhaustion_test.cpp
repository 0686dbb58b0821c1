#include "common/base/exhaustion.h"

#include "common/base/log.h"
#include "common/base/thread.h"
#include "tests/support/captured_stderr.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <functional>
#include <string>
#include <vector>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// A sanitizer has an allocator and an address space of its own.

namespace {

constexpr rlim_t kAddressBytesMax = 256 << 20;
constexpr int kGoneOn = 99;

struct End {
    int status = -1;
    std::vector<std::string> writes;
};

// What becomes of a process that does this in little memory.
End endOf(const std::function<void()>& work) {
    evd::test::CapturedStderr captured;
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit limit{kAddressBytesMax, kAddressBytesMax};
        ::setrlimit(RLIMIT_AS, &limit);
        evd::base::setLogName("eventd-test");
        evd::base::endWhenOutOfMemory();
        work();
        ::_exit(kGoneOn);
    }
    End end;
    REQUIRE(::waitpid(child, &end.status, 0) == child);
    end.writes = captured.writes();
    return end;
}

}  // namespace

TEST_CASE("exhaustion: a process that finds no memory says so in one line and ends with 1") {
    const End end = endOf([] {
        std::vector<std::string> hoard;
        while (true) {
            hoard.emplace_back(4096, 'x');
        }
    });
    REQUIRE(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 1);
    CHECK(end.writes ==
          std::vector<std::string>{"eventd-test: error: no memory is left, ending\n"});
}

TEST_CASE("exhaustion: as long as there is memory nothing ends") {
    const End end = endOf([] { const std::string kept(1 << 20, 'x'); });
    REQUIRE(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == kGoneOn);
    CHECK(end.writes.empty());
}

TEST_CASE("exhaustion: a thread that cannot be made ends the process and is named") {
    const End end = endOf([] {
        const evd::base::Thread thread(
            "worker", [] {}, 2 * kAddressBytesMax);
    });
    REQUIRE(WIFEXITED(end.status));
    CHECK(WEXITSTATUS(end.status) == 1);
    CHECK(end.writes ==
          std::vector<std::string>{"eventd-test: error: cannot make the thread worker: Resource "
                                   "temporarily unavailable, ending\n"});
}

#endif
