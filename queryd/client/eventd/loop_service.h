#pragma once

#include "queryd/client/eventd/errors_service.h"

#include <capnp/query.capnp.h>
#include <kj/async.h>
#include <kj/thread.h>
#include <kj/timer.h>
#include <string>
#include <utility>

namespace eventd {

// A connected socket to eventd, as a plain descriptor. NotFound, Denied, or Failed with the reason.
int connectTo(const std::string& socket_path);

// The event loop of one connection, on a thread of its own.
//
// Cap'n Proto allows one loop per thread, which a library must not take from its user; so
// everything that belongs to the loop is made, used and destroyed within run(). Owned by all that
// came from one Client. Destroying it, on any other thread, hangs up and joins the thread.
class Loop {
  public:
    // What lives on the loop; used within run() only.
    struct Parts;

    // Takes the descriptor.
    explicit Loop(int socket);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Runs the work on the loop and waits for it, and for the promise if it answers one. From any
    // thread; kj's exceptions arrive as Error.
    template <typename Work>
    auto run(Work&& work) {
        return throwingErrors([&] { return executor_->executeSync(std::forward<Work>(work)); });
    }

    // Within run().
    evd::schema::Session::Client session();
    kj::Promise<void> whenLost();
    kj::Timer& timer();

  private:
    struct Start;
    void serve(int socket, Start& start);

    Parts* parts_ = nullptr;  // of the thread's stack
    kj::Own<const kj::Executor> executor_;
    kj::Own<kj::Thread> thread_;
};

}  // namespace eventd
