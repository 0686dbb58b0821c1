#include "common/ipc/loop_wakeup.h"

#include "common/base/thread.h"
#include "tests/support/forked_end.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace ipc = evd::ipc;

namespace {

// More turns than whatever is waiting needs.
void turn(kj::AsyncIoContext& io) {
    for (int i = 0; i < 100; ++i) {
        io.waitScope.poll();
    }
}

}  // namespace

TEST_CASE("loop wakeup: signals before the call are one call, one during it is another") {
    auto io = kj::setupAsyncIo();
    int calls = 0;
    std::function<void()> during;
    ipc::LoopWakeup wakeup(io.unixEventPort, [&] {
        ++calls;
        if (during) {
            during();
        }
    });
    turn(io);
    CHECK(calls == 0);
    {
        evd::base::Thread thread("signals", [&] {
            wakeup.signal();
            wakeup.signal();
        });
        thread.join();
    }
    turn(io);
    CHECK(calls == 1);
    during = [&] {
        during = nullptr;
        wakeup.signal();
    };
    wakeup.signal();
    turn(io);
    CHECK(calls == 3);
}

TEST_CASE("loop wakeup: of signals that meet the loop at its work none is lost") {
    constexpr int kSignals = 3'000;
    constexpr int kThreads = 2;
    auto io = kj::setupAsyncIo();
    std::atomic<int> said = 0;
    std::atomic<int> seen = 0;
    std::atomic<int> running = kThreads;
    ipc::LoopWakeup wakeup(io.unixEventPort, [&] { seen = said.load(); });
    const auto tell = [&] {
        for (int signal = 0; signal < kSignals; ++signal) {
            const int mine = ++said;
            wakeup.signal();
            while (seen < mine) {  // for ever, when it was lost
                std::this_thread::yield();
            }
        }
        --running;
    };
    evd::base::Thread first("first", tell);
    evd::base::Thread second("second", tell);
    while (running > 0) {
        io.waitScope.poll();
    }
    first.join();
    second.join();
    CHECK(seen == kThreads * kSignals);
}

TEST_CASE("loop wakeup: a call that throws ends the process, for nobody would be woken any more") {
    const auto end = evd::test::endOfFork([] {
        auto io = kj::setupAsyncIo();
        ipc::LoopWakeup wakeup(io.unixEventPort, [] { throw std::runtime_error("broken"); });
        wakeup.signal();
        turn(io);
    });
    CHECK(end.diedOf(SIGABRT));
}
