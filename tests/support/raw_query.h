#pragma once

#include "common/base/fd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// One message of the query protocol as it came: its status and the whole msgpack body.
struct RawMessage {
    std::string status;
    std::string error;
    uint32_t record_count = 0;
    std::vector<uint8_t> body;
};

// The query protocol spoken by hand (PSD-008 §8.8), independent of the product's client. Blocking,
// each wait bounded by timeout_ms; nothing when the connection ended or the wait was too long.
class RawQuery {
  public:
    explicit RawQuery(const std::string& socket_path);
    // Over a connected socket.
    explicit RawQuery(base::Fd connection) : connection_(std::move(connection)) {}

    bool connected() const { return connection_.valid(); }
    // With the keys of the request that are named, "watch" or "explain", set to true.
    bool send(const std::string& query, const std::vector<std::string>& keys = {});
    bool sendBytes(const std::vector<uint8_t>& bytes);
    std::optional<RawMessage> receive(int timeout_ms);
    // Whether the other side hangs up in that time, with nothing more said.
    bool isHungUpOn(int timeout_ms) const;
    // Sends and reads to the end; the number of records, nothing on an error.
    std::optional<uint64_t> countRecords(const std::string& query, int timeout_ms);
    int fd() const { return connection_.get(); }

  private:
    bool readExactly(uint8_t* to, size_t bytes, int timeout_ms);

    base::Fd connection_;
};

}  // namespace evd::test
