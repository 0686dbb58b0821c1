#pragma once

#include "common/base/fd.h"
#include "tests/support/msgpack_json.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cstring>
#include <string>
#include <vector>

namespace evd::test {

// The receiving end of a log or metric socket, in the place of eventd-ingest.
//
// Bound to a path of the test's; reads what lies there as lines of JSON, one for each datagram.
class DatagramReceiver {
  public:
    explicit DatagramReceiver(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof(address.sun_path));
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof(address)) == 0);
    }

    // What lies there now.
    std::vector<std::string> receive() {
        std::vector<std::string> lines;
        std::vector<uint8_t> bytes(256 * 1024);
        while (true) {
            const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
            if (got < 0) {
                return lines;
            }
            lines.push_back(jsonOfMsgpack({bytes.data(), static_cast<size_t>(got)}));
        }
    }
    // Waits for the first of them, but not for ever.
    std::vector<std::string> waitReceive(int timeout_ms = 10'000) {
        pollfd wanted{socket_.get(), POLLIN, 0};
        (void)::poll(&wanted, 1, timeout_ms);
        return receive();
    }

  private:
    base::Fd socket_;
};

}  // namespace evd::test
