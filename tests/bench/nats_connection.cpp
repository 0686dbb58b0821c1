#include "tests/bench/nats_connection.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>

namespace evd::bench {

namespace {

using base::cat;

constexpr size_t kIncomingBytes = size_t{1} << 20;  // no message of the bench is as long
constexpr int kAnswerMsMax = 10'000;
constexpr std::string_view kEnd = "\r\n";
constexpr std::string_view kAnswers = "_INBOX.answers";

base::Fd connectLoopback(uint16_t port) {
    base::Fd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int now = 1;
    (void)::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
        0) {
        connection.reset();
    }
    return connection;
}

}  // namespace

NatsConnection::NatsConnection(uint16_t port)
    : connection_(connectLoopback(port)), incoming_(kIncomingBytes) {
    outgoing_ =
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c++\",\"version\":\"0\","
        "\"headers\":true,\"protocol\":1}\r\nPING\r\n";
    if (!connected() || !flush()) {
        return;
    }
    NatsMessage none;
    while (!is_pong_here_ && connected()) {
        if (takeFrame(none) == Taken::Nothing && !readMore(kAnswerMsMax)) {
            connection_.reset();
        }
    }
    subscribe(kAnswers);
}

void NatsConnection::publish(std::string_view subject, std::string_view reply,
                             std::string_view payload) {
    outgoing_ += "PUB ";
    outgoing_ += subject;
    outgoing_ += ' ';
    outgoing_ += reply;
    outgoing_ += cat(' ', payload.size(), kEnd);
    outgoing_ += payload;
    outgoing_ += kEnd;
}

void NatsConnection::subscribe(std::string_view subject) {
    outgoing_ += cat("SUB ", subject, ' ', ++subscriptions_, kEnd);
}

bool NatsConnection::flush() {
    std::string_view left = outgoing_;
    while (!left.empty() && connected()) {
        const ssize_t sent = ::send(connection_.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            connection_.reset();
        } else {
            left.remove_prefix(static_cast<size_t>(sent));
        }
    }
    outgoing_.clear();
    return connected();
}

std::optional<NatsMessage> NatsConnection::receive(int timeout_ms) {
    NatsMessage message;
    while (connected()) {
        const Taken taken = takeFrame(message);
        if (taken == Taken::Message) {
            return message;
        }
        if (taken == Taken::Nothing && !readMore(timeout_ms)) {
            break;
        }
    }
    return std::nullopt;
}

std::optional<std::string> NatsConnection::request(std::string_view subject,
                                                   std::string_view payload) {
    publish(subject, kAnswers, payload);
    if (!flush()) {
        return std::nullopt;
    }
    const auto answer = receive(kAnswerMsMax);
    if (!answer) {
        return std::nullopt;
    }
    return std::string(answer->payload);
}

NatsConnection::Taken NatsConnection::takeFrame(NatsMessage& message) {
    const std::string_view all(incoming_.data() + begin_, end_ - begin_);
    const size_t line_bytes = all.find(kEnd);
    if (line_bytes == std::string_view::npos) {
        return Taken::Nothing;
    }
    const std::string_view line = all.substr(0, line_bytes);
    if (line.starts_with("MSG ") || line.starts_with("HMSG ")) {
        return takeMessage(line, line_bytes + kEnd.size(), message) ? Taken::Message
                                                                    : Taken::Nothing;
    }
    begin_ += line_bytes + kEnd.size();
    is_pong_here_ = is_pong_here_ || line == "PONG";
    if (line == "PING") {
        outgoing_ += "PONG\r\n";
        (void)flush();  // a connection that has ended is seen by whoever reads on
    } else if (line.starts_with("-ERR")) {
        std::printf("nats-server says %s\n", std::string(line).c_str());
        connection_.reset();
    }
    return Taken::Other;
}

// HMSG has headers in front of the payload, and their length in front of the length of both.
bool NatsConnection::takeMessage(std::string_view line, size_t line_bytes, NatsMessage& message) {
    const auto words = base::split(line, ' ');
    const bool has_headers = line.starts_with('H');
    const size_t lengths = has_headers ? 2 : 1;
    const auto total = base::parseU64(words.back());
    const auto headers = base::parseU64(words[words.size() - lengths]);
    EVD_CHECK(words.size() >= 3 + lengths && total.ok() && headers.ok() &&
                  headers.value() <= total.value() && total.value() < kIncomingBytes / 2,
              "a message of the NATS protocol");
    if (end_ - begin_ < line_bytes + total.value() + kEnd.size()) {
        return false;
    }
    const size_t header_bytes = has_headers ? headers.value() : 0;
    message.subject = words[1];
    message.reply = words.size() > 3 + lengths ? words[3] : "";
    message.payload = std::string_view(incoming_.data() + begin_ + line_bytes + header_bytes,
                                       total.value() - header_bytes);
    begin_ += line_bytes + total.value() + kEnd.size();
    return true;
}

bool NatsConnection::readMore(int timeout_ms) {
    pollfd wait{connection_.get(), POLLIN, 0};
    if (::poll(&wait, 1, timeout_ms) <= 0) {
        return false;
    }
    std::memmove(incoming_.data(), incoming_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const ssize_t bytes =
        ::read(connection_.get(), incoming_.data() + end_, incoming_.size() - end_);
    if (bytes <= 0) {
        connection_.reset();
        return false;
    }
    end_ += static_cast<size_t>(bytes);
    return true;
}

}  // namespace evd::bench
