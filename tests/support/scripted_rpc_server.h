#pragma once

#include "common/base/fd.h"
#include "common/base/socket.h"
#include "common/base/thread.h"

#include <capnp/query.capnp.h>
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <kj/async-io.h>
#include <kj/io.h>
#include <sys/socket.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace evd::test {

// An rpc socket whose sessions are the test's own, in the place of eventd-queryd.
//
// Serves one connection after the other, each until it is closed, on a thread with an event loop of
// its own: `make` is called there for each connection, with its number and a timer, and what it
// makes lives there. The destructor waits for the last client to hang up.
class ScriptedRpcServer {
  public:
    using MakeSession = std::function<schema::Session::Client(size_t turn, kj::Timer& timer)>;

    ScriptedRpcServer(const std::string& path, MakeSession make) : make_(std::move(make)) {
        auto listening = base::listenUnix(path, SOCK_STREAM, 0600, 16);
        REQUIRE(listening.ok());
        listening_ = std::move(listening).value();
        thread_ = std::make_unique<base::Thread>("rpc-server", [this] { run(); });
    }
    ~ScriptedRpcServer() {
        (void)::shutdown(listening_.get(), SHUT_RDWR);  // ends the accept
        thread_.reset();
    }
    ScriptedRpcServer(const ScriptedRpcServer&) = delete;
    ScriptedRpcServer& operator=(const ScriptedRpcServer&) = delete;

  private:
    void run() {
        auto io = kj::setupAsyncIo();
        for (size_t turn = 0;; ++turn) {
            kj::AutoCloseFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (connection.get() < 0) {
                return;
            }
            auto stream = io.lowLevelProvider->wrapSocketFd(kj::mv(connection));
            capnp::TwoPartyVatNetwork network(*stream, capnp::rpc::twoparty::Side::SERVER);
            auto rpc = capnp::makeRpcServer(network, make_(turn, io.provider->getTimer()));
            network.onDisconnect().wait(io.waitScope);
        }
    }

    MakeSession make_;
    base::Fd listening_;
    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::test
