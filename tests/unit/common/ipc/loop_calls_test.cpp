#include "common/ipc/loop_calls.h"

#include "common/base/thread.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ipc = evd::ipc;

namespace {

// What happens to a thread that has just woken a loop, and is interrupted there.
std::function<void()> when_woken;  // set while one thread is there

}  // namespace

// Instead of the C library's.
extern "C" int eventfd_write(int fd, eventfd_t value) {
    const bool is_written = ::write(fd, &value, sizeof(value)) == sizeof(value);
    if (when_woken) {
        when_woken();
    }
    return is_written ? 0 : -1;
}

namespace {

// Turns the loop until it is so; a thousand turns are more than anything here needs.
template <typename Predicate>
bool turnsUntil(kj::AsyncIoContext& io, Predicate is_so) {
    for (int turn = 0; turn < 1000 && !is_so(); ++turn) {
        io.waitScope.poll();
        std::this_thread::yield();
    }
    return is_so();
}

}  // namespace

TEST_CASE("loop calls: every function is called on the loop's thread, each thread's in its order") {
    constexpr int kThreads = 4;
    constexpr int kCalls = 500;
    auto io = kj::setupAsyncIo();
    const ipc::LoopCalls calls(io.unixEventPort);
    const auto loop_thread = std::this_thread::get_id();
    int elsewhere = 0;
    int out_of_order = 0;
    int called = 0;
    std::vector<int> last(kThreads, -1);
    std::vector<std::unique_ptr<evd::base::Thread>> threads;
    for (int number = 0; number < kThreads; ++number) {
        threads.push_back(std::make_unique<evd::base::Thread>("calls", [&, number] {
            const ipc::LoopCaller caller = calls.caller();
            for (int call = 0; call < kCalls; ++call) {
                caller.call([&, number, call] {
                    elsewhere += std::this_thread::get_id() != loop_thread ? 1 : 0;
                    out_of_order += last[static_cast<size_t>(number)] != call - 1 ? 1 : 0;
                    last[static_cast<size_t>(number)] = call;
                    ++called;
                });
            }
        }));
    }
    while (called < kThreads * kCalls) {
        io.waitScope.poll();
    }
    for (const auto& thread : threads) {
        thread->join();
    }
    CHECK(elsewhere == 0);
    CHECK(out_of_order == 0);
}

TEST_CASE("loop calls: functions may be given while the loop calls and while its side goes") {
    auto io = kj::setupAsyncIo();
    const auto held = std::make_shared<int>(0);
    for (int life = 0; life < 50; ++life) {
        std::optional<ipc::LoopCalls> calls(std::in_place, io.unixEventPort);
        std::atomic<bool> is_over = false;
        std::atomic<int> given = 0;
        int called = 0;
        evd::base::Thread thread("gives", [&, caller = calls->caller()] {
            while (!is_over) {
                caller.call([held, &called] { ++called; });
                ++given;
            }
        });
        while (called < 20) {
            io.waitScope.poll();
        }
        calls.reset();
        const int called_then = called;
        for (const int given_then = given; given < given_then + 20;) {
            io.waitScope.poll();
        }
        is_over = true;
        thread.join();
        CHECK(called == called_then);
    }
    CHECK(held.use_count() == 1);
}

TEST_CASE("loop calls: what a function asks for is called after those that wait already") {
    auto io = kj::setupAsyncIo();
    const ipc::LoopCalls calls(io.unixEventPort);
    std::string order;
    calls.call([&] {
        calls.call([&] { order += "c"; });
        order += "a";
    });
    calls.call([&] { order += "b"; });
    CHECK(order.empty());
    CHECK(turnsUntil(io, [&] { return order.size() == 3; }));
    CHECK(order == "abc");
}

TEST_CASE("loop calls: when the loop's side is gone, what waits and what comes is dropped") {
    auto io = kj::setupAsyncIo();
    std::optional<ipc::LoopCalls> calls(std::in_place, io.unixEventPort);
    const ipc::LoopCaller caller = calls->caller();
    const auto held = std::make_shared<int>(0);
    caller.call([held] { ++*held; });
    CHECK(held.use_count() == 2);
    calls.reset();
    CHECK(held.use_count() == 1);
    evd::base::Thread thread("late", [&] { caller.call([held] { ++*held; }); });
    thread.join();
    CHECK(held.use_count() == 1);
    CHECK_FALSE(turnsUntil(io, [&] { return *held != 0; }));
}

// On a busy machine whoever wakes the loop may not come back for seconds.
TEST_CASE("loop calls: the loop goes on while the thread that has woken it does not") {
    auto io = kj::setupAsyncIo();
    const ipc::LoopCalls calls(io.unixEventPort);
    std::atomic<bool> is_called = false;
    bool was_called_meanwhile = false;
    when_woken = [&] {
        was_called_meanwhile =
            evd::test::waitUntil(evd::test::kPatienceMs, [&] { return is_called.load(); });
    };
    evd::base::Thread caller("caller", [&] { calls.call([&] { is_called = true; }); });
    while (!is_called) {
        io.waitScope.poll();
    }
    caller.join();
    when_woken = nullptr;
    CHECK(was_called_meanwhile);
}
