#pragma once

#include "queryd/client/eventd/errors_service.h"
#include "queryd/client/eventd/outcome_service.h"

#include <capnp/query.capnp.h>
#include <kj/async.h>
#include <kj/io.h>
#include <kj/timer.h>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eventd {

// A connected socket to eventd. NotFound, Denied, or Failed with the reason.
kj::AutoCloseFd connectTo(const std::string& socket_path);

// What a promise holds.
template <typename Promise>
struct Settled;
template <typename Held>
struct Settled<kj::Promise<Held>> {
    using Result = Held;
};

// The event loop of one connection, on a thread of its own.
//
// Cap'n Proto allows one loop per thread, which a library must not take from its user; so
// everything that belongs to the loop is made, used and destroyed within run(). Work is handed over
// in a queue of ours under a mutex of ours, and a byte in a pipe wakes the loop: kj's Executor does
// the same, but inside a library into which ThreadSanitizer cannot see. Owned by all that came from
// one Client. Destroying it, on any other thread, hangs up and joins the thread.
class Loop {
  public:
    // What lives on the loop; used within run() only.
    struct Parts;

    // Busy or Failed when the machine has no thread or no descriptors left for it.
    explicit Loop(kj::AutoCloseFd socket);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Runs the work on the loop and waits for the promise that it answers. From any other thread;
    // what is thrown there arrives as Error.
    template <typename Work>
    auto run(Work work) {
        using Result = typename Settled<decltype(work())>::Result;
        // Shared: the loop may still be on its way out of it when we have gone on.
        const auto outcome = std::make_shared<Outcome<Result>>();
        post([&work, outcome] {
            kj::evalNow(work)
                .then(
                    [outcome](auto&&... value) {
                        outcome->succeed(std::forward<decltype(value)>(value)...);
                    },
                    [outcome](kj::Exception&& exception) { outcome->fail(toError(exception)); })
                .detach([](kj::Exception&&) {});  // there is none left
        });
        return outcome->wait();
    }

    // Within run().
    evd::schema::Session::Client session();
    kj::Promise<void> whenLost();
    kj::Timer& timer();

  private:
    using Task = std::function<void()>;

    void post(Task task);
    void serve(kj::AutoCloseFd socket, kj::AutoCloseFd wake_reader, Outcome<void>& started);
    kj::Promise<void> runTasks();

    Parts* parts_ = nullptr;  // of the thread's stack
    std::mutex mutex_;
    std::vector<Task> tasks_;  // under mutex_
    kj::AutoCloseFd waker_;
    std::jthread thread_;  // ends first
};

}  // namespace eventd
