#include "tests/support/raw_query.h"

#include "common/base/socket.h"
#include "common/wire/msgpack.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstring>

namespace evd::test {

namespace {

constexpr uint32_t kMessageBytesMax = 64 * 1024 * 1024;

// Fills status, error and record count from the body's map.
bool readMessage(RawMessage& message) {
    wire::MsgpackReader reader(message.body);
    const auto map = reader.next();
    if (!map.ok() || map.value().kind != wire::MsgpackKind::Map) {
        return false;
    }
    for (uint32_t i = 0; i < map.value().count; ++i) {
        const auto key = reader.next();
        wire::MsgpackReader value_at = reader;
        if (!key.ok() || !reader.skip().ok()) {
            return false;
        }
        const auto value = value_at.next();
        if (key.value().bytes == "status") {
            message.status = std::string(value.value().bytes);
        } else if (key.value().bytes == "error") {
            message.error = std::string(value.value().bytes);
        } else if (key.value().bytes == "records") {
            message.record_count = value.value().count;
        }
    }
    return true;
}

}  // namespace

RawQuery::RawQuery(const std::string& socket_path) {
    auto connected = base::connectUnix(socket_path, SOCK_STREAM);
    if (connected.ok()) {
        connection_ = std::move(connected).value();
    }
}

bool RawQuery::sendBytes(const std::vector<uint8_t>& bytes) {
    size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t wrote =
            ::send(connection_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (wrote <= 0) {
            return false;
        }
        sent += static_cast<size_t>(wrote);
    }
    return true;
}

bool RawQuery::send(const std::string& query, const std::vector<std::string>& keys) {
    std::vector<uint8_t> body;
    wire::MsgpackWriter writer(body);
    writer.mapHeader(static_cast<uint32_t>(1 + keys.size()));
    writer.text("query");
    writer.text(query);
    for (const std::string& key : keys) {
        writer.text(key);
        writer.boolean(true);
    }
    const auto length = static_cast<uint32_t>(body.size());
    std::vector<uint8_t> frame(sizeof(length) + body.size());
    std::memcpy(frame.data(), &length, sizeof(length));
    std::memcpy(frame.data() + sizeof(length), body.data(), body.size());
    return sendBytes(frame);
}

bool RawQuery::readExactly(uint8_t* to, size_t bytes, int timeout_ms) {
    size_t got = 0;
    while (got < bytes) {
        pollfd wait{connection_.get(), POLLIN, 0};
        if (::poll(&wait, 1, timeout_ms) <= 0) {
            return false;
        }
        const ssize_t read_now = ::read(connection_.get(), to + got, bytes - got);
        if (read_now <= 0) {
            return false;
        }
        got += static_cast<size_t>(read_now);
    }
    return true;
}

std::optional<RawMessage> RawQuery::receive(int timeout_ms) {
    uint32_t length = 0;
    if (!readExactly(reinterpret_cast<uint8_t*>(&length), sizeof(length), timeout_ms) ||
        length > kMessageBytesMax) {
        return std::nullopt;
    }
    RawMessage message;
    message.body.resize(length);
    if (!readExactly(message.body.data(), length, timeout_ms) || !readMessage(message)) {
        return std::nullopt;
    }
    return message;
}

bool RawQuery::isHungUpOn(int timeout_ms) const {
    pollfd wait{connection_.get(), POLLIN, 0};
    uint8_t more = 0;
    return ::poll(&wait, 1, timeout_ms) > 0 && ::read(connection_.get(), &more, 1) <= 0;
}

std::optional<uint64_t> RawQuery::countRecords(const std::string& query, int timeout_ms) {
    uint64_t records = 0;
    if (!send(query)) {
        return std::nullopt;
    }
    while (true) {
        const auto message = receive(timeout_ms);
        if (!message || message->status == "error") {
            return std::nullopt;
        }
        if (message->status == "end") {
            return records;
        }
        records += message->record_count;
    }
}

}  // namespace evd::test
