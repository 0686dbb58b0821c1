#pragma once

#include "tests/support/group.h"

#include "common/wire/record_datagram.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evd::kmes {
class EmitClient;
}

namespace evd::test {

// What one question came to over the query socket.
struct ViewedAnswer {
    std::vector<std::string> lines;  // the records as json
    std::string error;               // the server's sentence, "" for none
    std::vector<uint8_t> bytes;      // every body as it came, one behind the other
    size_t messages = 0;
};

// A group with one cpu's ring and descriptors of the test's, whose questions are asked by whoever
// is to be looked at. All waits are bounded; what takes longer fails the test's REQUIRE.
class ViewedGroup {
  public:
    // `policy` is the text of a registry file.
    explicit ViewedGroup(const std::string& policy);
    ~ViewedGroup();

    // Whether the group is there and can be talked to by everybody.
    bool isReady() const { return is_ready_; }
    // Puts the file in the place of the one before; the group takes it over by itself.
    void changePolicy(const std::string& policy) const;

    // One event by itself, payload as json.
    bool emit(std::string_view type, std::string_view payload);
    // `count` equal ones in one packet.
    bool emitMany(std::string_view type, std::string_view payload, size_t count);
    bool log(std::string_view origin, std::string_view message, bool is_error = false);
    bool measure(const wire::MetricRecord& record);

    // Each question comes over a connection of its own, made by that user.
    ViewedAnswer ask(uid_t uid, const std::string& question,
                     const std::vector<std::string>& keys = {}) const;
    // Asks until that is the answer, the records one after the other with a space behind each.
    bool waitForAnswer(uid_t uid, const std::string& question, const std::string& records) const;
    std::string queryPath() const { return state_.below("run/query.sock"); }
    std::string rpcPath() const { return state_.below("run/rpc.sock"); }
    int stop() { return group_->stop(); }

  private:
    bool sendDatagram(const std::string& path, wire::RecordDatagram& datagram) const;

    StateFolder state_;
    std::unique_ptr<Group> group_;
    std::unique_ptr<kmes::EmitClient> emitter_;
    bool is_ready_ = false;
};

// The records with a space behind each, "refused:x" for the refusal that names the field x, and
// "error: " and the sentence for any other error.
std::string summaryOf(const std::vector<std::string>& lines, const std::string& error);

// The records of one message of an answer, as json.
std::vector<std::string> recordsOf(const std::vector<uint8_t>& body);

}  // namespace evd::test
