#pragma once

#include "common/base/fd.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::bench {

// A message that was delivered. Points into the connection, until the next one is taken.
struct NatsMessage {
    std::string_view subject;
    std::string_view reply;
    std::string_view payload;
};

// The client's end of the NATS text protocol, as much of it as a sender and a reader need:
//
//      PUB subject [reply] bytes CRLF payload CRLF          SUB subject id CRLF
//      MSG subject id [reply] bytes CRLF payload CRLF       PING CRLF, PONG CRLF
//
// A library would have threads and queues of its own between us and the server, and the processors
// are shared with it. What is published waits until flush(), so that the caller says how much goes
// out at once. Blocking, one thread. What the server says against us ends the connection.
class NatsConnection {
  public:
    // To this machine, with the handshake behind it; see connected().
    explicit NatsConnection(uint16_t port);

    bool connected() const { return connection_.valid(); }

    void publish(std::string_view subject, std::string_view reply, std::string_view payload);
    void subscribe(std::string_view subject);
    bool flush();

    // The next message. Nothing when none comes in that time, or the connection has ended.
    std::optional<NatsMessage> receive(int timeout_ms);

    // Asks and awaits the one answer; other messages are not expected meanwhile.
    std::optional<std::string> request(std::string_view subject, std::string_view payload);

  private:
    enum class Taken { Message, Other, Nothing };

    Taken takeFrame(NatsMessage& message);
    bool takeMessage(std::string_view line, size_t line_bytes, NatsMessage& message);
    bool readMore(int timeout_ms);

    base::Fd connection_;
    std::string outgoing_;
    std::vector<char> incoming_;
    size_t begin_ = 0;  // of what is not taken yet
    size_t end_ = 0;
    uint64_t subscriptions_ = 0;
    bool is_pong_here_ = false;
};

}  // namespace evd::bench
