#pragma once

#include "common/base/socket.h"
#include "common/base/thread.h"
#include "common/wire/frame.h"
#include "common/wire/msgpack.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::test {

// One connection to a scripted query server: what the client asked, and what it is told.
class ScriptedConversation {
  public:
    explicit ScriptedConversation(base::Fd connection) : connection_(std::move(connection)) {}

    // The request as JSON; "" when the client has gone.
    std::string request() {
        wire::FrameDecoder decoder(size_t{1} << 20);
        while (true) {
            const auto body = decoder.next();
            if (!body.ok()) {
                return {};
            }
            if (body.value()) {
                return jsonOfMsgpack(*body.value());
            }
            const auto room = decoder.room();
            const ssize_t got = ::recv(connection_.get(), room.data(), room.size(), 0);
            if (got <= 0) {
                return {};
            }
            decoder.received(static_cast<size_t>(got));
        }
    }
    void records(const std::vector<std::vector<uint8_t>>& records) {
        send([&](wire::MsgpackWriter& writer, std::vector<uint8_t>& out) {
            writer.mapHeader(2);
            writer.text("status");
            writer.text("ok");
            writer.text("records");
            writer.arrayHeader(static_cast<uint32_t>(records.size()));
            for (const auto& record : records) {
                out.insert(out.end(), record.begin(), record.end());
            }
        });
    }
    // "watch": the initial result is complete; "end": all of it is.
    void status(std::string_view word) {
        send([&](wire::MsgpackWriter& writer, std::vector<uint8_t>&) {
            writer.mapHeader(1);
            writer.text("status");
            writer.text(word);
        });
    }
    void error(std::string_view text) {
        send([&](wire::MsgpackWriter& writer, std::vector<uint8_t>&) {
            writer.mapHeader(2);
            writer.text("status");
            writer.text("error");
            writer.text("error");
            writer.text(text);
        });
    }
    // Until the client hangs up.
    void waitForEnd() {
        char byte = 0;
        while (::recv(connection_.get(), &byte, 1, 0) > 0) {
        }
    }

  private:
    void send(const std::function<void(wire::MsgpackWriter&, std::vector<uint8_t>&)>& write) {
        std::vector<uint8_t> out;
        const size_t opened_at = wire::openFrame(out);
        wire::MsgpackWriter writer(out);
        write(writer, out);
        wire::closeFrame(out, opened_at);
        (void)::send(connection_.get(), out.data(), out.size(), MSG_NOSIGNAL);
    }

    base::Fd connection_;
};

// A query socket that tells each client in turn what the test says, one after the other.
//
// `serve` runs on a thread of its own, once for each connection; the connection ends with it. The
// destructor waits for it, so what it waits for must come or end.
class ScriptedQueryServer {
  public:
    using Serve = std::function<void(size_t turn, ScriptedConversation& conversation)>;

    ScriptedQueryServer(const std::string& path, Serve serve) : serve_(std::move(serve)) {
        auto listening = base::listenUnix(path, SOCK_STREAM, 0600, 16);
        REQUIRE(listening.ok());
        listening_ = std::move(listening).value();
        thread_ = std::make_unique<base::Thread>("query-server", [this] { run(); });
    }
    ~ScriptedQueryServer() {
        (void)::shutdown(listening_.get(), SHUT_RDWR);  // ends the accept
        thread_.reset();
    }
    ScriptedQueryServer(const ScriptedQueryServer&) = delete;
    ScriptedQueryServer& operator=(const ScriptedQueryServer&) = delete;

  private:
    void run() {
        for (size_t turn = 0;; ++turn) {
            base::Fd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!connection.valid()) {
                return;
            }
            ScriptedConversation conversation(std::move(connection));
            serve_(turn, conversation);
        }
    }

    Serve serve_;
    base::Fd listening_;
    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::test
