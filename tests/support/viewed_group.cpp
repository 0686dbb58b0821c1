#include "tests/support/viewed_group.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/kmes/emit_client.h"
#include "tests/support/msgpack_json.h"
#include "tests/support/other_user.h"
#include "tests/support/raw_query.h"
#include "tests/support/wait_until.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace evd::test {

namespace {

constexpr int kMessageMs = 10'000;
constexpr std::string_view kRefusedBefore = "the answer may not be sorted, grouped or computed by ";
constexpr std::string_view kRefusedAfter = ", because not all records in question show it to you";

}  // namespace

ViewedGroup::ViewedGroup(const std::string& policy) {
    changePolicy(policy);
    GroupOptions options;
    options.values = {{"Linux", "Sensors", "multi", "[]"},
                      {"Linux", "KmesCpus", "dword", "1"},
                      // What belongs together is far within half of it, however slow the machine.
                      {"", "CrossTypeWindowMs", "dword", "300000"}};
    options.arguments = {"--registry", state_.below("access.reg")};
    group_ = std::make_unique<Group>(state_, options);
    if (!group_->waitReady() || ::chmod(state_.path().c_str(), 0755) != 0 ||
        ::chmod(state_.below("run").c_str(), 0755) != 0) {
        return;
    }
    auto connected = base::connectUnix(state_.below("run/kmes.sock"), SOCK_SEQPACKET);
    if (connected.ok()) {
        emitter_ = kmes::makeSocketEmitClient(std::move(connected).value());
        is_ready_ = true;
    }
}

ViewedGroup::~ViewedGroup() = default;

void ViewedGroup::changePolicy(const std::string& policy) const {
    const std::string next = state_.below("access.next");
    std::ofstream(next) << policy;
    (void)std::rename(next.c_str(), state_.below("access.reg").c_str());
}

bool ViewedGroup::emit(std::string_view type, std::string_view payload) {
    return emitMany(type, payload, 1);
}

bool ViewedGroup::emitMany(std::string_view type, std::string_view payload, size_t count) {
    const auto bytes = msgpackOfJson(payload);
    const std::vector<kmes::EmitEntry> entries(count, {type, bytes.value()});
    return !emitter_->emitBatch(entries).error;
}

bool ViewedGroup::sendDatagram(const std::string& path, wire::RecordDatagram& datagram) const {
    const auto connected = base::connectUnix(path, SOCK_DGRAM);
    const auto bytes = datagram.bytes();
    return connected.ok() && ::send(connected.value().get(), bytes.data(), bytes.size(), 0) ==
                                 static_cast<ssize_t>(bytes.size());
}

bool ViewedGroup::log(std::string_view origin, std::string_view message, bool is_error) {
    wire::RecordDatagram datagram;
    wire::LogRecord record;
    record.origin = origin;
    record.message = message;
    record.is_error = is_error;
    return datagram.add(record) == wire::RecordDatagram::Added::Yes &&
           sendDatagram(state_.below("run/log.sock"), datagram);
}

bool ViewedGroup::measure(const wire::MetricRecord& record) {
    wire::RecordDatagram datagram;
    return datagram.add(record) == wire::RecordDatagram::Added::Yes &&
           sendDatagram(state_.below("run/metric.sock"), datagram);
}

ViewedAnswer ViewedGroup::ask(uid_t uid, const std::string& question,
                              const std::vector<std::string>& keys) const {
    RawQuery connection(connectAs(uid, queryPath()));
    ViewedAnswer answer;
    answer.error = "the connection was lost";
    if (!connection.connected() || !connection.send(question, keys)) {
        return answer;
    }
    while (const auto message = connection.receive(kMessageMs)) {
        ++answer.messages;
        answer.bytes.insert(answer.bytes.end(), message->body.begin(), message->body.end());
        if (message->status == "error" || message->status == "end") {
            answer.error = message->error;
            return answer;
        }
        for (std::string& line : recordsOf(message->body)) {
            answer.lines.push_back(std::move(line));
        }
    }
    return answer;
}

bool ViewedGroup::waitForAnswer(uid_t uid, const std::string& question,
                                const std::string& records) const {
    return waitUntil(kPatienceMs, [&] {
        const ViewedAnswer answer = ask(uid, question);
        return summaryOf(answer.lines, answer.error) == records;
    });
}

std::string summaryOf(const std::vector<std::string>& lines, const std::string& error) {
    if (error.starts_with(kRefusedBefore) && error.ends_with(kRefusedAfter)) {
        const size_t length = error.size() - kRefusedBefore.size() - kRefusedAfter.size();
        return base::cat("refused:", error.substr(kRefusedBefore.size(), length));
    }
    if (!error.empty()) {
        return "error: " + error;
    }
    std::string summary;
    for (const std::string& line : lines) {
        summary += line + " ";
    }
    return summary;
}

std::vector<std::string> recordsOf(const std::vector<uint8_t>& body) {
    std::vector<std::string> lines;
    const auto message = nlohmann::json::parse(jsonOfMsgpack(body));
    if (message.contains("records")) {
        for (const auto& record : message["records"]) {
            lines.push_back(record.dump());
        }
    }
    return lines;
}

}  // namespace evd::test
